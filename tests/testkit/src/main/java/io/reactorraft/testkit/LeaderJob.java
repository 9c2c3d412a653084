package io.reactorraft.testkit;

import io.reactorraft.Leadership;
import io.reactorraft.RaftNode;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.reactivestreams.Publisher;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/**
 * Work that one simulated node does while it leads, and what must hold of it: begun by leaders alone, one at a time, by one
 * node a term; running wherever leadership is shown; and cancelled before anybody is shown the loss, or the end.
 *
 * <p>Some of it fails and begins again, some completes and does not.
 */
final class LeaderJob {
    private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(4);

    private final String id;
    private final Incarnation process;
    private final Surroundings around;
    private final Disposable.Swap subscription = Disposables.swap();
    private long running;
    private long doneIn;
    private boolean over;

    /**
     * What all jobs of a simulation share.
     *
     * @param workers by term, whose work ran
     */
    record Surroundings(VirtualTime time, Dice dice, Story story, Map<Long, String> workers) {}

    /** The work itself was at fault, on purpose. */
    private static final class WorkFailedException extends RuntimeException {
        private static final long serialVersionUID = 1;

        WorkFailedException() {
            super("the work fails (simulated)", null, true, false);
        }
    }

    LeaderJob(String id, Incarnation process, Surroundings around) {
        this.id = id;
        this.process = process;
        this.around = around;
    }

    /** Works for the node whenever it leads, until it ends. */
    void attend(RaftNode<?, ?> node) {
        subscription.replace(
                node.whileLeader(this::work).subscribe(done -> {}, error -> failed(node, error), () -> over = true));
    }

    private void failed(RaftNode<?, ?> node, Throwable error) {
        if (error instanceof WorkFailedException) {
            attend(node);
        } else {
            violation("its work while it leads ends with an error that is not its own: " + error);
        }
    }

    private Publisher<Long> work(Leadership leadership) {
        return Mono.create(sink -> {
            began(leadership);
            sink.onCancel(() -> ended("is cancelled"));
            if (around.dice.permille(200)) {
                boolean fails = around.dice.permille(500);
                finishAfter(around.dice.below(LONGEST_NANOS), leadership.term(), () -> finish(sink, fails));
            }
        });
    }

    /** On the process's own time, and only if the work still runs. */
    private void finishAfter(long nanos, long term, Runnable finish) {
        around.time.after(nanos, () -> {
            if (process.dead() || running != term) {
                return;
            }
            if (process.stoppedForNanos() > 0) {
                finishAfter(process.stoppedForNanos(), term, finish);
            } else {
                finish.run();
            }
        });
    }

    private void finish(MonoSink<Long> sink, boolean fails) {
        doneIn = running;
        ended(fails ? "fails" : "is done");
        if (fails) {
            sink.error(new WorkFailedException());
        } else {
            sink.success();
        }
    }

    void began(Leadership leadership) {
        long term = leadership.term();
        around.story.count(Happening.LEADER_WORK);
        around.story.tell(id, -30, term, () -> "begins work in term " + term);
        if (!leadership.leading()) {
            violation("its work begins, and it is " + leadership.role() + " of term " + term);
        }
        if (running != 0) {
            violation("its work of term " + term + " begins, and that of term " + running + " still runs");
        }
        String other = around.workers.putIfAbsent(term, id);
        if (other != null && !other.equals(id)) {
            violation("its work of term " + term + " begins, and " + other + " worked in that term");
        }
        running = term;
    }

    void ended(String how) {
        long term = running;
        around.story.tell(id, -31, term, () -> "its work of term " + term + " " + how);
        running = 0;
    }

    /** This is what subscribers are shown now. */
    void shown(Leadership shown) {
        if (!shown.leading() && running != 0) {
            violation("shows " + shown.role() + " of term " + shown.term() + ", and its work of term " + running
                    + " was not cancelled before");
        }
        if (shown.leading() && !over && running != shown.term() && doneIn != shown.term()) {
            violation("shows itself as leader of term " + shown.term() + ", and its work has not begun");
        }
    }

    /** The node has ended. */
    void nodeEnded() {
        if (running != 0) {
            violation("has ended, and its work of term " + running + " runs on");
        }
    }

    private void violation(String what) {
        around.story.violation(id + " " + what);
    }
}
