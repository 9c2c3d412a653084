package io.reactorraft.server.http;

import io.reactorraft.server.api.Problem;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Decodes {@code %XX}, once, and nothing else: a plus is a plus (RFC 3986). Refuses what is not encoded right, since
 * guessing would make two texts of one.
 */
final class PercentEncoding {

    private PercentEncoding() {}

    /** The bytes behind the text; {@code field} names it in the refusal. */
    static byte[] decode(String field, String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length());
        for (int at = 0; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c == '%') {
                int high = at + 2 < text.length() ? Character.digit(text.charAt(at + 1), 16) : -1;
                int low = at + 2 < text.length() ? Character.digit(text.charAt(at + 2), 16) : -1;
                if (high < 0 || low < 0) {
                    throw Problem.invalid(field, "'%' at position " + at + " must be followed by two hex digits");
                }
                bytes.write(high << 4 | low);
                at += 2;
            } else if (c > ' ' && c < 0x7F) {
                bytes.write(c);
            } else {
                throw Problem.invalid(field, "the character at position " + at + " must be percent-encoded");
            }
        }
        return bytes.toByteArray();
    }

    /** The same as UTF-8 text. */
    static String decodeText(String field, String text) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(decode(field, text)))
                    .toString();
        } catch (CharacterCodingException notUtf8) {
            throw Problem.invalid(field, "must be UTF-8");
        }
    }
}
