package io.reactorraft.server.kv;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A 64-bit hash that is the same on every machine and in every version: hashes of states are compared between replicas,
 * and those of commands are kept in snapshots. Finds accidents, not attackers.
 *
 * <p>A set of things is hashed as the sum of their hashes, so that adding and removing one costs no more than that one.
 */
final class Digest {

    /** Odd, and half of their bits set: multiplying by them spreads each bit over all higher ones. */
    private static final long SPREAD = 0x9E3779B97F4A7C15L;

    private static final long SPREAD_AGAIN = 0xD6E8FEB86659FD93L;

    private long state;

    private Digest(long domain) {
        state = mixed(domain * SPREAD);
    }

    /** Begins a hash; things of different kinds get different domains, lest one passes for the other. */
    static Digest of(int domain) {
        return new Digest(domain);
    }

    Digest add(long value) {
        state = mixed((state ^ value) * SPREAD);
        return this;
    }

    Digest add(byte[] bytes) {
        return add(ByteBuffer.wrap(bytes));
    }

    Digest add(ByteString bytes) {
        return add(bytes.asReadOnlyByteBuffer());
    }

    private Digest add(ByteBuffer bytes) {
        bytes.order(ByteOrder.LITTLE_ENDIAN);
        add(bytes.remaining()); // so that moving a boundary is a difference
        while (bytes.remaining() >= Long.BYTES) {
            state = Long.rotateLeft((state ^ bytes.getLong()) * SPREAD, 29) * SPREAD_AGAIN;
        }
        long rest = 0;
        while (bytes.hasRemaining()) {
            rest = rest << Byte.SIZE | (bytes.get() & 0xFF);
        }
        return add(rest);
    }

    long value() {
        return mixed(state);
    }

    private static long mixed(long value) {
        long once = (value ^ value >>> 32) * SPREAD_AGAIN;
        long twice = (once ^ once >>> 29) * SPREAD;
        return twice ^ twice >>> 32;
    }
}
