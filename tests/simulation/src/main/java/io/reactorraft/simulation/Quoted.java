package io.reactorraft.simulation;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Prints bytes as the scripts quote them: in double quotes, with C's escapes where they are not printable text. */
final class Quoted {

    private static final Map<Integer, String> NAMED = Map.of(
            7,
            "\\a",
            8,
            "\\b",
            9,
            "\\t",
            10,
            "\\n",
            11,
            "\\v",
            12,
            "\\f",
            13,
            "\\r",
            (int) '"',
            "\\\"",
            (int) '\\',
            "\\\\");
    private static final int DELETE = 0x7f;

    private Quoted() {}

    static String of(ByteString bytes) {
        StringBuilder text = new StringBuilder("\"");
        String decoded = decodedOrNothing(bytes);
        if (decoded.isEmpty()) {
            for (int i = 0; i < bytes.size(); i++) {
                int unsigned = bytes.byteAt(i) & 0xff;
                text.append(unsigned > DELETE ? hex(unsigned) : escaped(unsigned));
            }
        } else {
            decoded.codePoints().forEach(codePoint -> text.append(escaped(codePoint)));
        }
        return text.append('"').toString();
    }

    private static String decodedOrNothing(ByteString bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes.toByteArray()))
                    .toString();
        } catch (CharacterCodingException notText) {
            // Then each byte is printed for itself.
            return "";
        }
    }

    private static String escaped(int codePoint) {
        String named = NAMED.get(codePoint);
        if (named != null) {
            return named;
        }
        if (codePoint < ' ' || codePoint == DELETE) {
            return hex(codePoint);
        }
        return Character.toString(codePoint);
    }

    private static String hex(int value) {
        return String.format("\\x%02x", value);
    }
}
