package io.reactorraft;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.Payload;
import io.reactorraft.spi.Metric;
import io.reactorraft.spi.Tracing;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;

/**
 * Proposals of this process: makes entries of them, reserves room, and tells the subscriber on the signal worker.
 *
 * <p><b>Threads.</b> Any.
 */
final class Proposer<C, R> {

    /** Signals that may wait before refusals are told on the caller's own thread. */
    static final int MAX_QUEUED_REFUSALS = 100_000;

    private final NodeSettings settings;
    private final NodeServices services;
    private final ProposalBudget budget;
    private final SerialQueue signals;
    private final LongSupplier nanoTime;
    private final Codec<C> commandCodec;
    private final Entrance<R> entrance;

    /** The way in, to the loop. */
    interface Entrance<R> {
        /** Why nothing is taken now; null: it is. */
        @Nullable
        RaftException refusal(Payload.Kind kind);

        void submit(PendingProposal<R> proposal);

        /** Where listeners are told. */
        SerialQueue signals();
    }

    /** Who hears, on the signal worker, what became of a proposal. */
    interface Listener<R> {
        void applied(long term, long index, @Nullable R result);

        void failed(Throwable failure);
    }

    Proposer(
            NodeSettings settings,
            NodeServices services,
            ProposalBudget budget,
            NodeThreads threads,
            StateMachine<C, R> stateMachine,
            Entrance<R> entrance) {
        this.settings = settings;
        this.services = services;
        this.budget = budget;
        this.signals = entrance.signals();
        this.nanoTime = threads.nanoTime();
        this.commandCodec = stateMachine.commandCodec();
        this.entrance = entrance;
    }

    SerialQueue signals() {
        return signals;
    }

    /**
     * The entry of a command, but for what the leader stamps.
     *
     * @throws RuntimeException the codec's, or {@link RaftException.Rejected} where it is too large
     */
    Payload draft(C command) {
        ByteString encoded = ByteString.copyFrom(commandCodec.encode(command));
        long limit = settings.config().maxProposalBytes();
        if (encoded.size() > limit) {
            throw new RaftException.Rejected(
                    "the command has " + encoded.size() + " bytes, more than maxProposalBytes=" + limit);
        }
        return Payload.newBuilder().setBody(encoded).build();
    }

    /** Each subscription proposes one entry. */
    Mono<Applied<R>> propose(C command) {
        return Mono.create(sink -> {
            Payload draft;
            try {
                draft = draft(command);
            } catch (RuntimeException unwritable) {
                signals.post(() -> sink.error(unwritable));
                return;
            }
            sink.onCancel(submit(List.of(draft), sink.contextView(), new Listener<>() {
                @Override
                public void applied(long term, long index, @Nullable R result) {
                    sink.success(Proposer.<R>result(term, index, result));
                }

                @Override
                public void failed(Throwable failure) {
                    sink.error(failure);
                }
            })::withdraw);
        });
    }

    /** What a state machine answered; null where it answered that. */
    @SuppressWarnings("NullAway")
    static <R> Applied<R> result(long term, long index, @Nullable R result) {
        return new Applied<>(term, index, result);
    }

    /** Takes these entries, which are appended together or not at all, in. */
    PendingProposal<R> submit(List<Payload> drafts, ContextView context, Listener<R> listener) {
        long bytes = PendingProposal.bytes(drafts);
        long now = nanoTime.getAsLong();
        Tracing.Span span = services.tracing().proposal(settings.groupId(), context);
        Telling telling = new Telling(drafts.size(), bytes, now, span, listener);
        PendingProposal<R> proposal = new PendingProposal<>(
                drafts, now + settings.config().requestTimeout().toNanos(), false, telling);
        RaftException refused = entrance.refusal(drafts.get(0).getKind());
        if (refused == null) {
            refused = budget.reserve(drafts.size(), bytes);
        }
        if (refused == null) {
            telling.reserved = true;
            entrance.submit(proposal);
        } else {
            services.metrics().record(Metric.PROPOSALS_REFUSED, settings.groupId(), null, drafts.size());
            proposal.refuse(refused);
        }
        return proposal;
    }

    /** Tells the listener. Room is made once it has been told: a slow one must not pile up results. */
    private final class Telling implements PendingProposal.Outcome<R> {
        private final int entries;
        private final long bytes;
        private final long sinceNanos;
        private final Tracing.Span span;
        private final Listener<R> listener;
        private int applied;
        private boolean reserved;

        Telling(int entries, long bytes, long sinceNanos, Tracing.Span span, Listener<R> listener) {
            this.entries = entries;
            this.bytes = bytes;
            this.sinceNanos = sinceNanos;
            this.span = span;
            this.listener = listener;
        }

        @Override
        public void applied(long term, long index, @Nullable R result) {
            services.metrics().record(Metric.PROPOSALS_APPLIED, settings.groupId(), null, 1);
            services.metrics()
                    .record(Metric.PROPOSAL_DURATION, settings.groupId(), null, nanoTime.getAsLong() - sinceNanos);
            boolean last = ++applied == entries;
            tell(
                    () -> {
                        if (last) {
                            span.applied(term, index);
                        }
                        listener.applied(term, index, result);
                    },
                    last);
        }

        @Override
        public void failed(RaftException failure) {
            if (!reserved && signals.backlog() > MAX_QUEUED_REFUSALS) {
                fail(failure); // the signal worker is blocked: better here than without a bound
            } else {
                tell(() -> fail(failure), true);
            }
        }

        private void fail(RaftException failure) {
            span.failed(failure);
            listener.failed(failure);
        }

        @Override
        public void withdrawn() {
            span.cancelled();
            release();
        }

        @Override
        public Map<String, String> carrier() {
            return span.carrier();
        }

        private void tell(Runnable signal, boolean last) {
            signals.post(() -> {
                try {
                    signal.run();
                } finally {
                    if (last) {
                        release();
                    }
                }
            });
        }

        private void release() {
            if (reserved) {
                budget.release(entries, bytes);
            }
        }
    }
}
