package io.reactorraft;

import io.reactorraft.core.RawNode;
import io.reactorraft.core.Ready;
import io.reactorraft.proto.Message;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;

/**
 * The loop that owns the core, as a {@code Flux} of what there is to do.
 *
 * <pre>
 *   any thread ── post ──▶ Inbox ──▶ drain all ──▶ core ──▶ Ready ──▶ the one subscriber
 *                                     ▲                                   │
 *                                     └────────── request(1) ◀────────────┘
 * </pre>
 *
 * <p>A turn takes everything that waits, lets the core see it, gives each {@link Turn} its chance to add what it has
 * gathered, and emits one {@link Ready} for all of it: that is what makes one sync and one message a peer carry many
 * proposals. {@code request(1)} says only "handed on, give me the next"; whether anything is durable or applied the core
 * learns from the responses of the log and the applier alone.
 *
 * <p><b>Threads.</b> Everything in here runs on one worker. An exception from the core is a broken invariant: it ends the
 * Flux with that error, and with it the node.
 */
final class RunLoop extends Flux<Ready> {

    private final Inbox inbox = new Inbox();
    private final AtomicInteger wakeups = new AtomicInteger();
    private final AtomicLong requested = new AtomicLong();
    private final Scheduler.Worker worker;
    private final RawNode core;
    private final Turn turn;
    private @Nullable CoreSubscriber<? super Ready> subscriber;
    private volatile boolean ended;

    /** What else happens in each turn of the loop, between the events and the Ready. */
    @FunctionalInterface
    interface Turn {
        /** Whether more waits than one turn takes: then another follows at once. */
        boolean take(RawNode core);
    }

    RunLoop(RawNode core, Scheduler.Worker worker, Turn turn) {
        this.core = core;
        this.worker = worker;
        this.turn = turn;
    }

    /** Lets the event happen to the core, soon, on the loop's thread. Never blocks. */
    void post(Inbox.Event event) {
        if (!ended) {
            inbox.offer(event);
            wake();
        }
    }

    /** A message from a peer; false where too many wait and this one was dropped. */
    boolean receive(Message message) {
        boolean taken = !ended && inbox.offerMessage(message);
        if (taken) {
            wake();
        }
        return taken;
    }

    /** Takes a turn soon, even where no event came. */
    void wake() {
        if (wakeups.getAndIncrement() == 0 && !ended) {
            try {
                worker.schedule(this::drain);
            } catch (RejectedExecutionException disposed) {
                ended = true;
            }
        }
    }

    /** Exactly one subscriber: a Ready that nobody carries out would be lost. */
    @Override
    public void subscribe(CoreSubscriber<? super Ready> actual) {
        if (subscriber != null) {
            Operators.error(actual, new IllegalStateException("the run loop has exactly one subscriber"));
            return;
        }
        subscriber = actual;
        actual.onSubscribe(new Subscription() {
            @Override
            public void request(long n) {
                if (Operators.validate(n)) {
                    requested.updateAndGet(before -> Operators.addCap(before, n));
                    wake();
                }
            }

            @Override
            public void cancel() {
                ended = true;
            }
        });
    }

    private void drain() {
        CoreSubscriber<? super Ready> actual = subscriber;
        if (actual == null) {
            throw new IllegalStateException("the run loop was started before it was subscribed");
        }
        int seen = wakeups.get();
        try {
            do {
                turnOnce(actual);
                seen = wakeups.addAndGet(-seen);
            } while (seen != 0 && !ended);
        } catch (RuntimeException | Error broken) {
            ended = true;
            actual.onError(broken);
        }
    }

    private void turnOnce(CoreSubscriber<? super Ready> actual) {
        Inbox.Event event;
        while (!ended && (event = inbox.poll()) != null) {
            event.happenTo(core);
        }
        if (ended) {
            return;
        }
        if (turn.take(core)) {
            wake();
        }
        while (!ended && requested.get() > 0 && core.hasReady()) {
            requested.decrementAndGet();
            actual.onNext(core.ready());
        }
    }
}
