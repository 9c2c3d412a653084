package io.reactorraft;

import io.reactorraft.proto.Payload;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/**
 * The caller's side of a session: numbers its commands, and knows which of them are still in question.
 *
 * <p><b>Threads.</b> Any; the numbers are guarded by this.
 */
final class LocalSession<C, R> implements Session<C, R> {
    private final long id;
    private final Proposer<C, R> proposer;
    private final RaftConfig config;
    private final TreeMap<Long, Numbered> inQuestion = new TreeMap<>();
    private long lastSequence;
    private volatile boolean closed;

    LocalSession(long id, Proposer<C, R> proposer, RaftConfig config) {
        this.id = id;
        this.proposer = proposer;
        this.config = config;
    }

    /** Opens one: the index of the entry is its id. */
    static <C, R> Mono<Session<C, R>> open(Proposer<C, R> proposer, RaftConfig config) {
        return entry(
                        proposer,
                        Payload.newBuilder().setKind(Payload.Kind.SESSION_OPEN).build())
                .map(index -> new LocalSession<>(index, proposer, config));
    }

    /** Proposes an entry of the runtime's own; its index, once it is applied. */
    static Mono<Long> entry(Proposer<?, ?> proposer, Payload draft) {
        return Mono.create(sink -> sink.onCancel(submit(proposer, draft, sink)::withdraw));
    }

    private static <R> PendingProposal<R> submit(Proposer<?, R> proposer, Payload draft, MonoSink<Long> sink) {
        return proposer.submit(List.of(draft), sink.contextView(), new Proposer.Listener<>() {
            @Override
            public void applied(long term, long index, @Nullable R result) {
                sink.success(index);
            }

            @Override
            public void failed(Throwable failure) {
                sink.error(failure);
            }
        });
    }

    @Override
    public Mono<Void> close() {
        return Mono.defer(() -> {
            closed = true;
            return entry(
                            proposer,
                            Payload.newBuilder()
                                    .setKind(Payload.Kind.SESSION_CLOSE)
                                    .setSessionId(id)
                                    .build())
                    .then();
        });
    }

    @Override
    public Mono<Applied<R>> propose(C command) {
        Numbered numbered = new Numbered();
        return Mono.create(sink -> attempt(command, numbered, sink));
    }

    /** One Mono: its number once it has one, and what is known of it. Guarded by the session. */
    private final class Numbered {
        long sequence;
        int underWay;
        boolean uncertain;
        boolean forgotten;

        @Nullable
        Applied<R> applied;

        RaftException.@Nullable Rejected rejected;
    }

    private void attempt(C command, Numbered numbered, MonoSink<Applied<R>> sink) {
        Payload draft;
        try {
            draft = numbered(proposer.draft(command), numbered);
        } catch (RuntimeException refused) {
            proposer.signals().post(() -> sink.error(refused));
            return;
        }
        if (draft == null) {
            proposer.signals().post(() -> tellAgain(numbered, sink));
            return;
        }
        Attempt attempt = new Attempt(numbered, sink);
        PendingProposal<R> proposal = proposer.submit(List.of(draft), sink.contextView(), attempt);
        sink.onCancel(() -> {
            proposal.withdraw();
            attempt.over(true);
        });
    }

    /** The entry with its number; null where the outcome is known. */
    private synchronized @Nullable Payload numbered(Payload draft, Numbered numbered) {
        if (numbered.applied != null || numbered.rejected != null) {
            return null;
        }
        if (numbered.forgotten) {
            throw new RaftException.OutcomeUnknown(
                    "too many commands of this session came after it: nobody can tell what became of it");
        }
        if (closed) {
            throw numbered.uncertain
                    ? new RaftException.OutcomeUnknown("the session was closed; an earlier try may have been applied")
                    : new RaftException.Rejected("the session was closed: open another one");
        }
        if (numbered.sequence == 0) {
            makeRoom();
            numbered.sequence = ++lastSequence;
            inQuestion.put(numbered.sequence, numbered);
        }
        numbered.underWay++;
        return draft.toBuilder()
                .setSessionId(id)
                .setSequence(numbered.sequence)
                .setSettled(inQuestion.firstKey() - 1)
                .build();
    }

    /** The group keeps so many outcomes of a session; what nobody tries any more makes room. */
    private void makeRoom() {
        Map.Entry<Long, Numbered> oldest;
        while ((oldest = inQuestion.firstEntry()) != null
                && lastSequence + 1 - oldest.getKey() >= SessionTable.MAX_OUTCOMES) {
            if (oldest.getValue().underWay > 0) {
                throw new RaftException.Overloaded(
                        SessionTable.MAX_OUTCOMES + " commands of this session are in question; try again shortly",
                        config.heartbeatInterval());
            }
            oldest.getValue().forgotten = true;
            inQuestion.pollFirstEntry();
        }
    }

    private void tellAgain(Numbered numbered, MonoSink<Applied<R>> sink) {
        Applied<R> applied;
        RaftException.Rejected rejected;
        synchronized (this) {
            applied = numbered.applied;
            rejected = numbered.rejected;
        }
        if (rejected != null) {
            sink.error(rejected);
        } else {
            sink.success(applied);
        }
    }

    /** One try. */
    private final class Attempt implements Proposer.Listener<R> {
        private final Numbered numbered;
        private final MonoSink<Applied<R>> sink;
        private boolean over;

        Attempt(Numbered numbered, MonoSink<Applied<R>> sink) {
            this.numbered = numbered;
            this.sink = sink;
        }

        @Override
        public void applied(long term, long index, @Nullable R result) {
            Applied<R> applied = Proposer.result(term, index, result);
            synchronized (LocalSession.this) {
                numbered.applied = applied;
                inQuestion.remove(numbered.sequence);
            }
            over(false);
            sink.success(applied);
        }

        @Override
        public void failed(Throwable failure) {
            sink.error(settle(failure));
        }

        /** What the caller is told: that nothing was appended holds for this try alone. */
        private Throwable settle(Throwable failure) {
            synchronized (LocalSession.this) {
                boolean before = numbered.uncertain;
                boolean unknown = failure instanceof RaftException.OutcomeUnknown;
                over(unknown);
                if (failure instanceof RaftException.Rejected rejected && !rejected.sessionExpired()) {
                    numbered.rejected = rejected;
                    inQuestion.remove(numbered.sequence);
                    return failure;
                }
                return before && !unknown
                        ? new RaftException.OutcomeUnknown(
                                "an earlier try may have been applied; this one was not: " + failure.getMessage(),
                                failure)
                        : failure;
            }
        }

        void over(boolean uncertain) {
            synchronized (LocalSession.this) {
                numbered.uncertain |= uncertain;
                if (!over) {
                    over = true;
                    numbered.underWay--;
                }
            }
        }
    }
}
