package io.reactorraft.server.cli;

import java.security.SecureRandom;
import java.util.UUID;

/** Makes UUIDs of version 7 (RFC 9562, 5.7): milliseconds since 1970, then randomness. */
final class UuidV7 {

    private static final SecureRandom RANDOM = new SecureRandom();

    private UuidV7() {}

    static UUID next() {
        long high = System.currentTimeMillis() << 16 | 7 << 12 | RANDOM.nextInt(1 << 12);
        long low = (RANDOM.nextLong() & ~(0b11L << 62)) | 0b10L << 62;
        return new UUID(high, low);
    }
}
