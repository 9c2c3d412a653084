package io.reactorraft;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** What a subscriber was told so far, for tests over virtual time. */
final class Told<T> {
    private @Nullable T value;
    private @Nullable Throwable error;
    private boolean done;

    private Told() {}

    static <T> Told<T> of(Mono<T> mono) {
        Told<T> told = new Told<>();
        mono.subscribe(
                value -> told.value = value,
                error -> {
                    told.error = error;
                    told.done = true;
                },
                () -> told.done = true);
        return told;
    }

    /** Lets a little time pass. */
    Told<T> after(VirtualCluster cluster) {
        cluster.pass(Duration.ofMillis(100));
        return this;
    }

    boolean done() {
        return done;
    }

    boolean failed() {
        return error != null;
    }

    T value() {
        if (error != null) {
            throw new AssertionError("failed instead", error);
        }
        return Objects.requireNonNull(value, "nothing was told yet");
    }

    Throwable error() {
        return Objects.requireNonNull(error, () -> "no error was told, but " + value);
    }
}
