package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.spi.Tracing;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/** Who follows proposals hears where they begin and end, across members, and can disturb none. */
class TracingTest {
    private static final String TRACE = "trace-4711";

    private final Journal journal = new Journal();

    /** Writes down what happens to each span, under the name of its trace. */
    private static class Journal implements Tracing {
        final List<String> lines = new ArrayList<>();
        String padding = "";

        @Override
        public Span proposal(String groupId, ContextView context) {
            return begun("proposal", context.<String>getOrEmpty("trace").orElse("no parent"));
        }

        @Override
        public Span forwarded(String groupId, Map<String, String> carrier) {
            return begun("forwarded", carrier.getOrDefault("trace", "no parent"));
        }

        private Span begun(String what, String trace) {
            lines.add(what + " of " + trace);
            return new Span() {
                @Override
                public Map<String, String> carrier() {
                    return Map.of("trace", trace, "padding", padding);
                }

                @Override
                public void applied(long term, long index) {
                    assertThat(term).isPositive();
                    assertThat(index).isPositive();
                    lines.add(what + " applied");
                }

                @Override
                public void failed(Throwable failure) {
                    lines.add(what + " failed: " + failure.getClass().getSimpleName());
                }

                @Override
                public void cancelled() {
                    lines.add(what + " cancelled");
                }
            };
        }
    }

    private static <T> Mono<T> inTrace(Mono<T> mono) {
        return mono.contextWrite(Context.of("trace", TRACE));
    }

    @Test
    void aProposalOfAFollowerIsFollowedToTheLeaderAndBackAndLeavesNothingInTheLog() {
        VirtualCluster cluster = new VirtualCluster(91, 3).tracing(journal).started();
        Told<Applied<Long>> told =
                Told.of(inTrace(cluster.node(cluster.follower()).propose("x"))).after(cluster);
        assertThat(told.value().result()).isEqualTo(1);
        assertThat(journal.lines)
                .containsExactly(
                        "proposal of " + TRACE, "forwarded of " + TRACE, "forwarded applied", "proposal applied");
        long last = cluster.log("n1").lastIndex();
        assertThat(cluster.log("n1").entries(1, last + 1, Long.MAX_VALUE))
                .isNotEmpty()
                .allSatisfy(entry -> assertThat(entry.getData().toString(StandardCharsets.ISO_8859_1))
                        .doesNotContain(TRACE));
    }

    @Test
    void itsEndIsKnownBeforeItsCallerIsTold() {
        VirtualCluster cluster = new VirtualCluster(92, 1).tracing(journal).started();
        Told.of(cluster.node("n1").propose("x").doOnNext(applied -> journal.lines.add("told")))
                .after(cluster);
        assertThat(journal.lines).containsExactly("proposal of no parent", "proposal applied", "told");
    }

    @Test
    void everyOutcomeEndsTheSpanOnce() {
        VirtualCluster cluster = new VirtualCluster(93, 1).tracing(journal).started();
        RaftNode<String, Long> node = cluster.node("n1");
        Told.of(node.propose("no")).after(cluster);
        cluster.log("n1").stall();
        Told.of(node.propose("in question when the node stops"));
        cluster.pass(Duration.ofMillis(10));
        node.stop().subscribe();
        cluster.pass(Duration.ofSeconds(20));
        Told.of(node.propose("too late")).after(cluster);
        assertThat(journal.lines)
                .containsExactly(
                        "proposal of no parent",
                        "proposal failed: Rejected",
                        "proposal of no parent",
                        "proposal failed: OutcomeUnknown",
                        "proposal of no parent",
                        "proposal failed: Stopped");
    }

    @Test
    void whoLeavesBeforeTheAppendCancelsIt() {
        VirtualCluster cluster = new VirtualCluster(94, 3).tracing(journal);
        Disposable left = cluster.start("n1").propose("x").subscribe(); // there is no quorum yet
        cluster.pass(Duration.ofMillis(200));
        left.dispose();
        assertThat(journal.lines).containsExactly("proposal of no parent", "proposal cancelled");
    }

    @Test
    void aStreamHasASpanForEachPieceAndASessionForEachEntry() {
        VirtualCluster cluster = new VirtualCluster(95, 1).tracing(journal).started();
        Told.of(inTrace(cluster.node("n1").proposeAll(Flux.just("a", "b", "c")).then()))
                .after(cluster);
        assertThat(journal.lines).hasSizeBetween(2, 6).contains("proposal of " + TRACE, "proposal applied");
        journal.lines.clear();
        Told.of(inTrace(cluster.node("n1")
                        .session()
                        .flatMap(session -> session.propose("d").then(session.close()))))
                .after(cluster);
        assertThat(journal.lines)
                .containsExactly(
                        "proposal of " + TRACE,
                        "proposal applied",
                        "proposal of " + TRACE,
                        "proposal applied",
                        "proposal of " + TRACE,
                        "proposal applied");
    }

    @Test
    void moreThanTheLimitStaysBehindAndTheProposalDoesNot() {
        VirtualCluster cluster = new VirtualCluster(96, 3).tracing(journal).started();
        journal.padding = "x".repeat(SafeTracing.MAX_CARRIER_CHARS);
        Told<Applied<Long>> told =
                Told.of(inTrace(cluster.node(cluster.follower()).propose("x"))).after(cluster);
        assertThat(told.value()).isNotNull();
        assertThat(journal.lines).contains("forwarded of no parent", "forwarded applied");
    }

    @Test
    void oneThatThrowsDisturbsNoProposal() {
        Tracing broken = new Tracing() {
            @Override
            public Span proposal(String groupId, ContextView context) {
                return new Span() {
                    @Override
                    public Map<String, String> carrier() {
                        throw new IllegalStateException("broken");
                    }

                    @Override
                    public void applied(long term, long index) {
                        throw new IllegalStateException("broken");
                    }

                    @Override
                    public void failed(Throwable failure) {
                        throw new IllegalStateException("broken");
                    }

                    @Override
                    public void cancelled() {
                        throw new IllegalStateException("broken");
                    }
                };
            }

            @Override
            public Span forwarded(String groupId, Map<String, String> carrier) {
                throw new IllegalStateException("broken");
            }
        };
        VirtualCluster cluster = new VirtualCluster(97, 3).tracing(broken).started();
        RaftNode<String, Long> follower = cluster.node(cluster.follower());
        assertThat(Told.of(follower.propose("x")).after(cluster).value()).isNotNull();
        assertThat(Told.of(follower.propose("no")).after(cluster).error()).isInstanceOf(RaftException.Rejected.class);
    }
}
