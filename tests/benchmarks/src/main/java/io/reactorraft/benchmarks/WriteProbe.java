package io.reactorraft.benchmarks;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;

/**
 * Finds the moment from which writes are acknowledged again: issues one every few milliseconds, whatever became of the
 * earlier ones, and reports the first that succeeds. What is in flight is bounded by the length of the probe.
 */
final class WriteProbe {
    private final Supplier<? extends Mono<?>> write;
    private final Pause pause;

    WriteProbe(Supplier<? extends Mono<?>> write, Pause pause) {
        this.write = write;
        this.pause = pause;
    }

    /** Returns after the first success, or after {@code longest}; says exactly one {@code probed NANOS ATTEMPTS}. */
    void run(Duration longest, Duration between, Consumer<String> say) throws InterruptedException {
        AtomicBoolean acknowledged = new AtomicBoolean();
        long end = System.nanoTime() + longest.toNanos();
        int attempts = 0;
        do {
            int attempt = ++attempts;
            Mono.defer(write)
                    .subscribe(
                            result -> {},
                            failed -> {}, // expected while nobody leads; the next attempt is on its way
                            () -> {
                                long now = System.nanoTime();
                                if (acknowledged.compareAndSet(false, true)) {
                                    say.accept("probed " + now + " " + attempt);
                                }
                            });
            pause.pass(between);
        } while (!acknowledged.get() && System.nanoTime() < end);
        if (acknowledged.compareAndSet(false, true)) {
            say.accept("probed -1 " + attempts);
        }
    }
}
