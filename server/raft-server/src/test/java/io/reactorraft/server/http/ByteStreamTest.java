package io.reactorraft.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** A client may be as slow as it likes, as long as it takes something now and then. */
class ByteStreamTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /** A buffer of this size would take more than the patience at this pace. */
    private static final int BUFFER_BYTES = 1 << 20;

    private static final Duration A_PIECE = Duration.ofSeconds(1);

    @Test
    void aSlowReaderGetsAllOfIt() {
        byte[] content = new byte[BUFFER_BYTES + 5];
        new Random(1).nextBytes(content);
        ByteArrayOutputStream taken = new ByteArrayOutputStream();
        StepVerifier.withVirtualTime(() -> stream(content)
                        .writtenBy(piece -> Mono.delay(A_PIECE)
                                .doOnNext(late -> take(piece, taken))
                                .then()))
                .expectSubscription()
                .thenAwait(A_PIECE.multipliedBy(content.length / ByteStream.PIECE_BYTES + 1))
                .expectComplete()
                .verify(Duration.ofMinutes(1));
        assertThat(taken.toByteArray()).isEqualTo(content);
    }

    @Test
    void oneThatTakesNothingMoreIsCutOffAfterThePatience() {
        ByteArrayOutputStream taken = new ByteArrayOutputStream();
        StepVerifier.withVirtualTime(() -> stream(new byte[BUFFER_BYTES])
                        .writtenBy(piece -> taken.size() < BUFFER_BYTES / 2
                                ? Mono.fromRunnable(() -> take(piece, taken))
                                : Mono.never()))
                .expectSubscription()
                .expectNoEvent(PATIENCE.minusMillis(1))
                .thenAwait(Duration.ofMillis(1))
                .expectError(ByteStream.StalledException.class)
                .verify(Duration.ofMinutes(1));
    }

    private static ByteStream stream(byte[] content) {
        return new ByteStream(Flux.just(ByteBuffer.wrap(content)), PATIENCE);
    }

    private static void take(ByteBuffer piece, ByteArrayOutputStream taken) {
        byte[] bytes = new byte[piece.remaining()];
        piece.get(bytes);
        taken.writeBytes(bytes);
    }
}
