package io.reactorraft.torture;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * Hears what victims say of one directory, one victim after the other, and keeps the model of what must be there: the first
 * thing that does not hold is a {@link ViolationException} in the victim's {@link Victim#hearOut}.
 */
final class Witness implements Victim.Listener {
    private final List<Found> found = new ArrayList<>();
    private Model model = new Model();
    private @Nullable Model lastModel;
    private boolean failuresExpected;
    private long acknowledged;
    private long opened;
    private @Nullable Await await;

    /** A kind of line, and how many of it are still to come. */
    private static final class Await {
        private final String prefix;
        private final CountDownLatch reached;

        Await(String prefix, int count) {
            this.prefix = prefix;
            this.reached = new CountDownLatch(count);
        }
    }

    /** Opens once that many lines that begin so were heard. */
    synchronized CountDownLatch await(String prefix, int count) {
        Await next = new Await(prefix, count);
        await = next;
        return next.reached;
    }

    /** The model as it is now: what was heard by now is acknowledged. */
    synchronized Model model() {
        return model.copy();
    }

    /**
     * The model as it is now, which yet learns of calls that are made from here on. What goes wrong with them is no fault: the
     * disk is about to go.
     */
    synchronized Model lastModel() {
        Model last = model.copy();
        lastModel = last;
        return last;
    }

    /** The disk is about to fail: that calls do is no fault. */
    synchronized void expectFailures() {
        failuresExpected = true;
    }

    /** Calls acknowledged, over all victims. */
    synchronized long acknowledged() {
        return acknowledged;
    }

    /** Times that stores were found as they must be. */
    synchronized long opened() {
        return opened;
    }

    @Override
    public synchronized void said(String line) {
        int space = line.indexOf(' ');
        String word = space < 0 ? line : line.substring(0, space);
        String rest = line.substring(space + 1);
        switch (word) {
            case "opening" -> found.clear();
            case "found" -> found.add(Found.parse(rest));
            case "opened" -> judge();
            case "begin" -> begun(Operation.parse(rest));
            case "done" -> {
                model.done(Long.parseLong(rest));
                acknowledged++;
            }
            case "turned-away" -> turnedAway(Long.parseLong(rest));
            case "refused" -> throw new ViolationException("the stores refused to start: " + rest);
            case "failed", "unsaved" -> {
                if (lastModel == null && !failuresExpected) {
                    throw new ViolationException("a call failed: " + rest);
                }
            }
            default -> {
                // what else it says is for those who aim
            }
        }
        Await next = await;
        if (next != null && line.startsWith(next.prefix)) {
            next.reached.countDown();
        }
    }

    private void begun(Operation operation) {
        model.begun(operation);
        if (lastModel != null) {
            lastModel.begun(operation);
        }
    }

    private void turnedAway(long number) {
        model.turnedAway(number);
        if (lastModel != null) {
            lastModel.turnedAway(number);
        }
    }

    private void judge() {
        String difference = model.judge(found);
        if (difference != null) {
            throw new ViolationException(difference);
        }
        opened++;
    }
}
