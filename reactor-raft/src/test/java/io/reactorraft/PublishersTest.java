package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** What holds for every publisher of the API that has one value, whatever it is about. */
class PublishersTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private interface Asks extends Function<RaftNode<String, Long>, Publisher<?>> {}

    static Stream<Named<Asks>> publishers() {
        return Stream.of(
                Named.of("propose", node -> node.propose("x")),
                Named.of("proposeAll", node -> node.proposeAll(Mono.just("x"))),
                Named.of("session", RaftNode::session),
                Named.of("a command of a session", node -> node.session().flatMap(session -> session.propose("x"))),
                Named.of("read", node -> node.read(() -> 1)),
                Named.of("a lease read", node -> node.read(Consistency.LEASE, () -> 1)),
                Named.of("a stale read", node -> node.read(Consistency.STALE, () -> 1)),
                Named.of("readIndex", node -> node.readIndex(Consistency.LINEARIZABLE)),
                Named.of("leaderOnly", node -> node.leaderOnly(leadership -> Mono.just("led"))),
                Named.of("transferLeadership", node -> node.transferLeadership("n1")));
    }

    @ParameterizedTest
    @MethodSource("publishers")
    void nothingIsEmittedThatWasNotAskedFor(Asks asks) {
        VirtualCluster cluster = new VirtualCluster(141, 1).started();
        StepVerifier.create(asks.apply(cluster.node("n1")), 0)
                .expectSubscription()
                .then(() -> cluster.pass(SECOND))
                .thenRequest(1)
                .then(() -> cluster.pass(SECOND))
                .expectNextCount(1)
                .expectComplete()
                .verify();
    }

    @ParameterizedTest
    @MethodSource("publishers")
    void everySubscriptionIsServedOnItsOwn(Asks asks) {
        VirtualCluster cluster = new VirtualCluster(142, 1).started();
        Publisher<?> twice = asks.apply(cluster.node("n1"));
        for (int i = 0; i < 2; i++) {
            StepVerifier.create(twice)
                    .then(() -> cluster.pass(SECOND))
                    .expectNextCount(1)
                    .expectComplete()
                    .verify();
        }
        StepVerifier.create(Flux.merge(Flux.from(twice), Flux.from(twice)))
                .then(() -> cluster.pass(SECOND))
                .expectNextCount(2)
                .expectComplete()
                .verify();
    }

    @ParameterizedTest
    @MethodSource("publishers")
    void whoLeavesAtOnceIsForgottenAndTheNodeGoesOn(Asks asks) {
        VirtualCluster cluster = new VirtualCluster(143, 1)
                .config(RaftConfig.defaults().withMaxPendingProposals(3))
                .started();
        for (int i = 0; i < 20; i++) {
            StepVerifier.create(asks.apply(cluster.node("n1")))
                    .expectSubscription()
                    .thenCancel()
                    .verify();
            cluster.pass(Duration.ofMillis(10));
        }
        assertThat(Told.of(cluster.node("n1").propose("goes on")).after(cluster).value())
                .isNotNull();
    }

    @ParameterizedTest
    @MethodSource("publishers")
    void onANodeThatEndedOrNeverBeganItIsRefused(Asks asks) {
        VirtualCluster cluster = new VirtualCluster(144, 1);
        RaftNode<String, Long> node = cluster.create("n1");
        StepVerifier.create(asks.apply(node))
                .then(() -> cluster.pass(SECOND))
                .expectErrorMatches(error -> error instanceof RaftException.Stopped
                        && String.valueOf(error.getMessage()).contains("subscribe to start()"))
                .verify();
        node.start().subscribe();
        cluster.pass(SECOND);
        node.stop().subscribe();
        cluster.pass(Duration.ofSeconds(10));
        StepVerifier.create(asks.apply(node))
                .then(() -> cluster.pass(SECOND))
                .expectError(RaftException.Stopped.class)
                .verify();
    }
}
