package io.reactorraft.server.kv;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A key that the store takes: 1 to {@value #MAX_BYTES} bytes of UTF-8 whose segments, between slashes, are neither empty
 * nor {@code .} nor {@code ..}, because proxies on the way rewrite such paths. Immutable; ordered by unsigned bytes.
 */
public final class Key {

    /** The longest key, in bytes. */
    public static final int MAX_BYTES = 1024;

    private final byte[] bytes;

    private Key(byte[] bytes) {
        this.bytes = bytes;
    }

    /**
     * The key of these bytes, which are the key's from then on.
     *
     * @throws IllegalArgumentException with a message that says what is wrong
     */
    public static Key of(byte[] bytes) {
        if (bytes.length == 0) {
            throw new IllegalArgumentException("a key must not be empty");
        }
        if (bytes.length > MAX_BYTES) {
            throw new IllegalArgumentException("a key has at most " + MAX_BYTES + " bytes, this one " + bytes.length);
        }
        refuseRewritable(text(bytes));
        return new Key(bytes);
    }

    /** The key of this text. */
    public static Key of(String text) {
        return of(text.getBytes(StandardCharsets.UTF_8));
    }

    private static void refuseRewritable(String key) {
        int from = 0;
        while (from <= key.length()) {
            int slash = key.indexOf('/', from);
            int to = slash < 0 ? key.length() : slash;
            String segment = key.substring(from, to);
            if (segment.isEmpty() || segment.equals(".") || segment.equals("..")) {
                throw new IllegalArgumentException(
                        "a key must not have the segment '" + segment + "': proxies rewrite such paths");
            }
            from = to + 1;
        }
    }

    private static String text(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException notUtf8) {
            throw new IllegalArgumentException("a key must be UTF-8", notUtf8);
        }
    }

    ByteString toByteString() {
        return UnsafeByteOperations.unsafeWrap(bytes);
    }

    byte[] bytes() {
        return bytes;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Key key && Arrays.equals(bytes, key.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
