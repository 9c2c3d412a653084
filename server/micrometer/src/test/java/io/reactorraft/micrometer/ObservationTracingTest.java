package io.reactorraft.micrometer;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.micrometer.core.instrument.observation.DefaultMeterObservationHandler;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.transport.ReceiverContext;
import io.micrometer.observation.transport.SenderContext;
import io.reactorraft.Codec;
import io.reactorraft.Committed;
import io.reactorraft.RaftConfig;
import io.reactorraft.RaftException;
import io.reactorraft.RaftNode;
import io.reactorraft.StateMachine;
import io.reactorraft.testkit.InMemoryLogStore;
import io.reactorraft.testkit.InMemoryNetwork;
import io.reactorraft.testkit.InMemorySnapshotStore;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.util.retry.Retry;

/** One trace goes with a proposal from whoever asks, through a follower, to the leader. */
class ObservationTracingTest {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String HEADER = "traceparent";
    private static final int ROUNDS = 100;

    @TempDir
    Path directory;

    private final Scheduler network = Schedulers.newSingle("network");
    private final Queue<Ended> ended = new ConcurrentLinkedQueue<>();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final ObservationRegistry registry = ObservationRegistry.create();
    private final List<RaftNode<Long, Long>> nodes = new ArrayList<>();

    /** An observation that has ended. */
    private record Ended(
            String name,
            String trace,
            String outcome,
            @Nullable Throwable error) {}

    /** Does what tracers do: a trace goes from parents to children, and by a header from senders to receivers. */
    private final class Tracer implements ObservationHandler<Observation.Context> {
        @Override
        public void onStart(Observation.Context context) {
            var parent = context.getParentObservation();
            String trace = parent == null ? "none" : parent.getContextView().getOrDefault(HEADER, "none");
            if (context instanceof ReceiverContext<?> receiver) {
                trace = String.valueOf(received(receiver));
            }
            if (!context.containsKey(HEADER)) {
                context.put(HEADER, trace);
            }
            if (context instanceof SenderContext<?> sender) {
                send(sender, trace);
            }
        }

        private <T> @Nullable String received(ReceiverContext<T> receiver) {
            return receiver.getGetter().get(requireNonNull(receiver.getCarrier()), HEADER);
        }

        private <T> void send(SenderContext<T> sender, String trace) {
            sender.getSetter().set(sender.getCarrier(), HEADER, trace);
        }

        @Override
        public void onStop(Observation.Context context) {
            var outcome = context.getLowCardinalityKeyValue("outcome");
            ended.add(new Ended(
                    String.valueOf(context.getName()),
                    context.getOrDefault(HEADER, "none"),
                    outcome == null ? "" : outcome.getValue(),
                    context.getError()));
        }

        @Override
        public boolean supportsContext(Observation.Context context) {
            return true;
        }
    }

    @AfterEach
    void stop() {
        Mono.when(nodes.stream().map(RaftNode::stop).toList()).block(SOON);
        network.dispose();
    }

    @Test
    void oneTraceGoesFromTheCallerThroughAFollowerToTheLeader() {
        startThree();
        Observation parent = parent("trace-1");
        Ended asked = new Ended("raft.proposal", "trace-1", "applied", null);
        Ended forwarded = new Ended("raft.proposal.forwarded", "trace-1", "applied", null);
        for (int round = 0;
                !ended.containsAll(List.of(asked, forwarded)) && round < ROUNDS;
                round++) { // a follower may have become the leader
            follower()
                    .propose(5L)
                    .contextWrite(context -> context.put("micrometer.observation", parent))
                    .onErrorResume(RaftException.class, election -> Mono.empty())
                    .block(SOON);
        }
        assertThat(ended).contains(asked, forwarded);
        assertThat(meters.get("raft.proposal")
                        .tag("group", "default")
                        .tag("outcome", "applied")
                        .timer()
                        .count())
                .isEqualTo(ended.stream().filter(asked::equals).count());
    }

    @Test
    void aFailureIsAnOutcomeWithItsError() {
        startThree();
        assertThatExceptionOfType(RaftException.Rejected.class)
                .isThrownBy(() -> follower()
                        .propose(-1L)
                        .retryWhen(Retry.fixedDelay(ROUNDS, Duration.ofMillis(50))
                                .filter(error -> !(error instanceof RaftException.Rejected)))
                        .block(SOON));
        assertThat(ended).anySatisfy(each -> {
            assertThat(each.name()).isEqualTo("raft.proposal");
            assertThat(each.trace()).isEqualTo("none");
            assertThat(each.outcome()).isEqualTo("rejected");
            assertThat(each.error()).isInstanceOf(RaftException.Rejected.class);
        });
    }

    @Test
    void eachKindOfFailureHasANameOfItsOwn() {
        var tracing = new ObservationTracing(registry);
        registry.observationConfig().observationHandler(new Tracer());
        List<RaftException> failures = List.of(
                new RaftException.OutcomeUnknown("x"),
                new RaftException.Rejected("x"),
                new RaftException.Overloaded("x", Duration.ZERO),
                new RaftException.NotLeader("x", null),
                new RaftException.Stopped("x", null));
        failures.forEach(failure -> tracing.proposal("default", reactor.util.context.Context.empty())
                .failed(failure));
        tracing.proposal("default", reactor.util.context.Context.empty()).cancelled();
        assertThat(ended)
                .extracting(Ended::outcome)
                .containsExactly("unknown", "rejected", "overloaded", "not-leader", "stopped", "cancelled");
    }

    private Observation parent(String trace) {
        Observation.Context context = new Observation.Context();
        context.put(HEADER, trace);
        return Observation.createNotStarted("request", () -> context, registry).start();
    }

    private RaftNode<Long, Long> follower() {
        return nodes.stream()
                .filter(node -> !node.status().leadership().leading())
                .findFirst()
                .orElseThrow();
    }

    /** Until all are ready. */
    private void startThree() {
        registry.observationConfig()
                .observationHandler(new Tracer())
                .observationHandler(new DefaultMeterObservationHandler(meters));
        InMemoryNetwork memory = new InMemoryNetwork(network, 1);
        String[] members = IntStream.rangeClosed(1, 3)
                .mapToObj(i -> "n" + i + "=" + memory.freeAddress())
                .toArray(String[]::new);
        for (int i = 1; i <= 3; i++) {
            nodes.add(RaftNode.builder("n" + i, new Sum())
                    .dataDir(directory.resolve("n" + i))
                    .members(members)
                    .config(RaftConfig.defaults().withTimeouts(Duration.ofMillis(20), Duration.ofMillis(400)))
                    .transport(memory.transport())
                    .logStore(new InMemoryLogStore())
                    .snapshotStore(new InMemorySnapshotStore())
                    .tracing(new ObservationTracing(registry))
                    .build());
        }
        Mono.when(nodes.stream().map(RaftNode::start).toList()).block(SOON);
        Mono.when(nodes.stream().map(RaftNode::ready).toList()).block(SOON);
    }

    private static final class Sum implements StateMachine<Long, Long> {
        private long value;

        @Override
        public Codec<Long> commandCodec() {
            return Codec.int64();
        }

        @Override
        public Codec<Long> resultCodec() {
            return Codec.int64();
        }

        @Override
        public Long apply(Committed<Long> entry) {
            if (entry.command() < 0) {
                throw new RaftException.Rejected("only up");
            }
            value += entry.command();
            return value;
        }

        @Override
        public Flux<ByteBuffer> snapshot() {
            return Flux.just(Codec.int64().encode(value));
        }

        @Override
        public Mono<Void> restore(Flux<ByteBuffer> snapshot) {
            return snapshot.doOnNext(buffer -> value = Codec.int64().decode(buffer))
                    .then();
        }
    }
}
