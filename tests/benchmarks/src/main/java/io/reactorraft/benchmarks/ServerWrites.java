package io.reactorraft.benchmarks;

import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;

/**
 * Writes to a store, of random values over so many keys, in turn.
 *
 * <p><b>Threads.</b> Any.
 */
final class ServerWrites {
    static final int KEYS = 10_000;

    private static final int VALUES = 256;

    private final ServerClient client;
    private final byte[][] values;
    private final AtomicLong next = new AtomicLong();

    ServerWrites(ServerClient client, int bytes) {
        this.client = client;
        this.values = new byte[VALUES][bytes];
        Random random = new Random(42);
        for (byte[] value : values) {
            random.nextBytes(value);
        }
    }

    /** The next one; asks at each subscription where to write, so that it can be repeated elsewhere. */
    Mono<String> to(Supplier<String> url) {
        long number = next.getAndIncrement();
        return Mono.defer(() -> client.put(url.get(), "load/" + number % KEYS, values[(int) (number % VALUES)]));
    }
}
