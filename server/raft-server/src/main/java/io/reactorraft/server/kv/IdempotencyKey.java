package io.reactorraft.server.kv;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.util.UUID;

/** A UUID that a client gave a change, so that a retry of it is known as one. */
public final class IdempotencyKey {

    private static final int TIME_ORDERED = 7;
    private static final int TIME_SHIFT = 16;

    private IdempotencyKey() {}

    /**
     * The 16 bytes of a UUID, as commands carry them.
     *
     * @throws IllegalArgumentException where the text is not a UUID of five groups of hex digits
     */
    public static ByteString parse(String text) {
        String trimmed = text.trim();
        String bare = trimmed.length() > 1 && trimmed.startsWith("\"") && trimmed.endsWith("\"")
                ? trimmed.substring(1, trimmed.length() - 1)
                : trimmed;
        if (bare.length() != 36) {
            throw new IllegalArgumentException("must be a UUID like 0197f3a0-1c2b-7d3e-8f40-123456789abc");
        }
        UUID uuid;
        try {
            uuid = UUID.fromString(bare);
        } catch (IllegalArgumentException notOne) {
            throw new IllegalArgumentException("must be a UUID like 0197f3a0-1c2b-7d3e-8f40-123456789abc", notOne);
        }
        return bytes(uuid);
    }

    /** The 16 bytes of a UUID. */
    public static ByteString bytes(UUID uuid) {
        ByteBuffer bytes = ByteBuffer.allocate(2 * Long.BYTES);
        bytes.putLong(uuid.getMostSignificantBits()).putLong(uuid.getLeastSignificantBits());
        return ByteString.copyFrom(bytes.flip());
    }

    /** When a UUID of version 7 (RFC 9562) was made, in milliseconds since 1970; -1 for other versions. */
    static long timeMillis(ByteString key) {
        if (key.size() != 2 * Long.BYTES) {
            return -1;
        }
        long high = key.asReadOnlyByteBuffer().getLong();
        long version = high >>> 12 & 0xF;
        return version == TIME_ORDERED ? high >>> TIME_SHIFT : -1;
    }
}
