package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

/** The subscriber of our own behind {@code proposeAll}, with sources, requests and cancels on threads of their own. */
class CommandStreamStressTest {

    private static final Duration LONG = Duration.ofSeconds(60);

    private final VirtualCluster.Journal journal = new VirtualCluster.Journal("n1");
    private final RealNode<String, Long> real =
            new RealNode<>(journal, RealNode.quick().withProposeAllWindow(17));

    @AfterEach
    void stop() {
        StepVerifier.create(real.node.stop()).expectComplete().verify(LONG);
    }

    @Test
    void manyStreamsAtOnceKeepTheirOrderAndLoseNothing() {
        StepVerifier.create(real.node.start().then(real.node.ready()))
                .expectComplete()
                .verify(LONG);
        Mono<List<String>> streams = Flux.range(0, 16)
                .flatMap(
                        stream -> real.node
                                .proposeAll(Flux.range(0, 300)
                                        .map(i -> stream + "/" + i)
                                        .publishOn(Schedulers.parallel()))
                                .publishOn(Schedulers.parallel(), 1 + stream)
                                .count()
                                .map(count -> stream + " " + count),
                        16)
                .collectList();
        StepVerifier.create(streams)
                .assertNext(told -> assertThat(told).hasSize(16).allMatch(each -> each.endsWith(" 300")))
                .expectComplete()
                .verify(LONG);
        List<String> applied = onApplyThread(() -> new ArrayList<>(journal.commands));
        assertThat(applied).hasSize(16 * 300);
        for (int stream = 0; stream < 16; stream++) {
            String prefix = stream + "/";
            assertThat(applied.stream().filter(each -> each.startsWith(prefix)))
                    .containsExactlyElementsOf(
                            IntStream.range(0, 300).mapToObj(i -> prefix + i).toList());
        }
    }

    @Test
    void cancelsAtAnyMomentLeaveAPrefixOfEachStream() {
        StepVerifier.create(real.node.start().then(real.node.ready()))
                .expectComplete()
                .verify(LONG);
        List<String> problems = new CopyOnWriteArrayList<>();
        Mono<Void> all = Flux.range(0, 200)
                .flatMap(
                        stream -> Mono.<Void>create(done -> real.node
                                        .proposeAll(Flux.range(0, 200).map(i -> stream + "/" + i))
                                        .subscribe(new BaseSubscriber<>() {
                                            private long last;

                                            @Override
                                            protected void hookOnSubscribe(Subscription subscription) {
                                                request(1 + stream % 5);
                                                Schedulers.parallel()
                                                        .schedule(
                                                                () -> {
                                                                    cancel();
                                                                    done.success();
                                                                },
                                                                ThreadLocalRandom.current()
                                                                        .nextLong(8_000),
                                                                java.util.concurrent.TimeUnit.MICROSECONDS);
                                            }

                                            @Override
                                            protected void hookOnNext(Applied<Long> applied) {
                                                if (applied.index() <= last) {
                                                    problems.add("stream " + stream + " goes back to " + applied);
                                                }
                                                last = applied.index();
                                                request(1);
                                            }
                                        }))
                                .subscribeOn(Schedulers.parallel()),
                        8)
                .then();
        StepVerifier.create(all).expectComplete().verify(LONG);
        StepVerifier.create(real.node.propose("the last"))
                .expectNextCount(1)
                .expectComplete()
                .verify(LONG);
        assertThat(problems).isEmpty();
        List<String> applied = onApplyThread(() -> new ArrayList<>(journal.commands));
        for (int stream = 0; stream < 200; stream++) {
            String prefix = stream + "/";
            List<String> own =
                    applied.stream().filter(each -> each.startsWith(prefix)).toList();
            assertThat(own)
                    .containsExactlyElementsOf(IntStream.range(0, own.size())
                            .mapToObj(i -> prefix + i)
                            .toList());
        }
    }

    private <T> T onApplyThread(java.util.function.Supplier<T> look) {
        T value = real.node.read(look).block(LONG);
        return java.util.Objects.requireNonNull(value);
    }
}
