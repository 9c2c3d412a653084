package io.reactorraft;

import io.reactorraft.proto.Payload;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;
import reactor.util.context.Context;

/**
 * {@link RaftNode#proposeAll}: while one piece of the stream is on its way, what comes gathers for the next, as entries
 * gather for a sync. A piece is appended as a whole or not at all, and the next follows once every entry of it was applied;
 * with {@link SharedState#followsRejected} that makes what is applied a prefix, whatever happens.
 *
 * <p>Taken from the source, and not yet answered, are at most {@code proposeAllWindow} commands, {@link #MAX_BYTES} of them,
 * and no more than were asked for downstream.
 *
 * <p><b>Threads.</b> Whatever happens is posted to the node's signal worker, and every field is that worker's alone.
 * Commands are encoded where the source emits them.
 */
final class CommandStream<C, R> extends Flux<Applied<R>> {

    /** Bytes of commands taken from one source and not yet answered. */
    static final long MAX_BYTES = 16L << 20;

    private final Publisher<? extends C> commands;
    private final RaftConfig config;
    private final Proposer<C, R> proposer;
    private final LongSupplier nanoTime;
    private final Scheduler timers;

    CommandStream(
            Publisher<? extends C> commands,
            RaftConfig config,
            Proposer<C, R> proposer,
            LongSupplier nanoTime,
            Scheduler timers) {
        this.commands = commands;
        this.config = config;
        this.proposer = proposer;
        this.nanoTime = nanoTime;
        this.timers = timers;
    }

    @Override
    public void subscribe(CoreSubscriber<? super Applied<R>> actual) {
        Run run = new Run(actual);
        actual.onSubscribe(run);
        commands.subscribe(run.source);
    }

    /** One subscription. */
    private final class Run implements Subscription, Proposer.Listener<R> {
        private final CoreSubscriber<? super Applied<R>> actual;
        private final Source source = new Source();
        private final ArrayDeque<Payload> waiting = new ArrayDeque<>();
        private long bytes;
        private int asked;
        private long demand;
        private List<Payload> piece = List.of();
        private @Nullable PendingProposal<R> proposal;
        private int answered;
        private long pieceSinceNanos;
        private boolean subscribed;
        private boolean sourceDone;
        private @Nullable Throwable sourceFailure;
        private boolean done;

        Run(CoreSubscriber<? super Applied<R>> actual) {
            this.actual = actual;
        }

        // ------------------------------------------------------------------------------------------ from downstream

        @Override
        public void request(long n) {
            if (Operators.validate(n)) {
                post(() -> {
                    demand = Operators.addCap(demand, n);
                    goOn();
                });
            }
        }

        @Override
        public void cancel() {
            source.cancel();
            proposer.signals().post(() -> {
                done = true;
                waiting.clear();
                PendingProposal<R> under = proposal;
                if (under != null) {
                    under.withdraw();
                }
            });
        }

        // ------------------------------------------------------------------------------------------- from the source

        private final class Source extends BaseSubscriber<C> {
            @Override
            protected void hookOnSubscribe(Subscription subscription) {
                post(() -> {
                    subscribed = true;
                    goOn();
                });
            }

            @Override
            protected void hookOnNext(C command) {
                Payload draft;
                try {
                    draft = proposer.draft(command);
                } catch (RuntimeException unwritable) {
                    cancel();
                    sourceEnded(unwritable);
                    return;
                }
                post(() -> {
                    asked--;
                    waiting.add(draft);
                    bytes += draft.getBody().size();
                    goOn();
                });
            }

            @Override
            protected void hookOnError(Throwable failure) {
                sourceEnded(failure);
            }

            @Override
            protected void hookOnComplete() {
                sourceEnded(null);
            }

            @Override
            public Context currentContext() {
                return actual.currentContext();
            }
        }

        /** What came before the end is still proposed. */
        private void sourceEnded(@Nullable Throwable failure) {
            post(() -> {
                sourceDone = true;
                sourceFailure = failure;
                goOn();
            });
        }

        // ---------------------------------------------------------------------------------------------- on the worker

        private void post(Runnable event) {
            proposer.signals().post(() -> {
                if (!done) {
                    event.run();
                }
            });
        }

        private void goOn() {
            if (proposal == null && demand > 0 && !waiting.isEmpty()) {
                pieceSinceNanos = nanoTime.getAsLong();
                piece = nextPiece();
                propose();
            }
            if (proposal == null && waiting.isEmpty() && sourceDone) {
                end(sourceFailure);
            } else if (subscribed && !sourceDone) {
                askForMore();
            }
        }

        private List<Payload> nextPiece() {
            int limit = (int) Math.min(Math.min(demand, config.proposeAllWindow()), config.maxPendingProposals());
            long maxBytes = Math.min(config.maxAppendBytes(), config.maxPendingBytes());
            List<Payload> next = new ArrayList<>();
            long size = 0;
            Payload head;
            while (next.size() < limit && (head = waiting.peek()) != null) {
                size += head.getBody().size();
                if (!next.isEmpty() && size > maxBytes) {
                    break;
                }
                next.add(waiting.remove());
            }
            return PeerRequests.asStream(next);
        }

        private void propose() {
            answered = 0;
            proposal = proposer.submit(piece, actual.currentContext(), this);
        }

        /** As many as fit whatever their size: what was asked for may all come at once. */
        private void askForMore() {
            int held = waiting.size() + piece.size() - answered;
            long room = Math.min(config.proposeAllWindow(), demand) - held - asked;
            long fit = Math.max((MAX_BYTES - bytes) / config.maxProposalBytes(), held == 0 ? 1 : 0) - asked;
            int more = (int) Math.min(room, fit);
            if (more > 0) {
                asked += more;
                source.request(more);
            }
        }

        @Override
        public void applied(long term, long index, @Nullable R result) {
            if (done) {
                return;
            }
            bytes -= piece.get(answered++).getBody().size();
            demand = demand == Long.MAX_VALUE ? demand : demand - 1;
            if (answered == piece.size()) {
                piece = List.of();
                answered = 0;
                proposal = null;
            }
            actual.onNext(Proposer.result(term, index, result));
            if (proposal == null) {
                post(this::goOn);
            }
        }

        @Override
        public void failed(Throwable failure) {
            if (done) {
                return;
            }
            long waited = nanoTime.getAsLong() - pieceSinceNanos;
            if (failure instanceof RaftException.Overloaded full
                    && answered == 0
                    && waited < config.requestTimeout().toNanos()) {
                Duration pause = full.retryAfter().isZero() ? config.heartbeatInterval() : full.retryAfter();
                timers.schedule(() -> post(this::propose), pause.toNanos(), TimeUnit.NANOSECONDS);
            } else {
                source.cancel();
                end(failure);
            }
        }

        private void end(@Nullable Throwable failure) {
            done = true;
            waiting.clear();
            if (failure == null) {
                actual.onComplete();
            } else {
                actual.onError(failure);
            }
        }
    }
}
