package io.reactorraft.micrometer;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.transport.Kind;
import io.micrometer.observation.transport.ReceiverContext;
import io.micrometer.observation.transport.SenderContext;
import io.reactorraft.RaftException;
import io.reactorraft.spi.Tracing;
import java.util.HashMap;
import java.util.Map;
import reactor.util.context.ContextView;

/**
 * An {@link Observation} over each proposal: {@code raft.proposal} from the subscription to the result, {@code
 * raft.proposal.forwarded} on the member that leads, where another one handed the proposal over. What they are tagged
 * with is in {@code reactor-raft/docs/metrics.md}.
 *
 * <p>The parent is the observation in the Reactor {@code Context}, under the key that Micrometer and Spring use; without
 * one, the current observation of the thread that subscribes. A tracer that writes itself into {@link SenderContext}s and
 * reads itself from {@link ReceiverContext}s, as those of Micrometer Tracing do, is taken along to the leader.
 *
 * <p><b>Threads.</b> Any; no scope is opened on any of them.
 */
public final class ObservationTracing implements Tracing {

    /** Of {@code ObservationThreadLocalAccessor}, which needs a library of its own to be loaded. */
    private static final String PARENT = "micrometer.observation";

    private final ObservationRegistry registry;

    /** Observes with this registry. */
    public ObservationTracing(ObservationRegistry registry) {
        this.registry = registry;
    }

    @Override
    public Span proposal(String groupId, ContextView context) {
        Map<String, String> carrier = new HashMap<>();
        SenderContext<Map<String, String>> sender =
                new SenderContext<>((into, key, value) -> carrier.put(key, value), Kind.CLIENT);
        sender.setCarrier(carrier);
        Observation proposal = Observation.createNotStarted("raft.proposal", () -> sender, registry)
                .contextualName("raft propose");
        if (context.hasKey(PARENT) && context.get(PARENT) instanceof Observation parent) {
            proposal.parentObservation(parent);
        }
        return begin(proposal, groupId, carrier);
    }

    @Override
    public Span forwarded(String groupId, Map<String, String> carrier) {
        ReceiverContext<Map<String, String>> receiver = new ReceiverContext<>(Map::get, Kind.SERVER);
        receiver.setCarrier(carrier);
        Observation forwarded = Observation.createNotStarted("raft.proposal.forwarded", () -> receiver, registry)
                .contextualName("raft propose forwarded");
        return begin(forwarded, groupId, Map.of());
    }

    private static Span begin(Observation observation, String groupId, Map<String, String> carrier) {
        observation.lowCardinalityKeyValue("group", groupId).start();
        return new Span() {
            @Override
            public Map<String, String> carrier() {
                return carrier;
            }

            @Override
            public void applied(long term, long index) {
                observation
                        .highCardinalityKeyValue("term", Long.toString(term))
                        .highCardinalityKeyValue("index", Long.toString(index));
                end("applied");
            }

            @Override
            public void failed(Throwable failure) {
                observation.error(failure);
                end(outcome(failure));
            }

            @Override
            public void cancelled() {
                end("cancelled");
            }

            private void end(String outcome) {
                observation.lowCardinalityKeyValue("outcome", outcome).stop();
            }
        };
    }

    private static String outcome(Throwable failure) {
        if (failure instanceof RaftException.OutcomeUnknown) {
            return "unknown";
        } else if (failure instanceof RaftException.Rejected) {
            return "rejected";
        } else if (failure instanceof RaftException.Overloaded) {
            return "overloaded";
        } else if (failure instanceof RaftException.NotLeader) {
            return "not-leader";
        } else if (failure instanceof RaftException.Stopped) {
            return "stopped";
        }
        return "failed";
    }
}
