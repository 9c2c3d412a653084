package io.reactorraft;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices a state machine that takes too long, says so once a batch, and shows where it is.
 *
 * <p><b>Threads.</b> The apply thread begins and ends a batch; the loop looks.
 */
final class SlowApplyWatchdog {
    private static final Logger LOG = LoggerFactory.getLogger(SlowApplyWatchdog.class);

    private final NodeSettings settings;
    private volatile @Nullable Batch underWay;
    private @Nullable Batch warnedAbout;

    /** The batch that the apply thread is at. */
    private record Batch(long sinceNanos, long firstIndex, Thread thread) {}

    SlowApplyWatchdog(NodeSettings settings) {
        this.settings = settings;
    }

    void begin(long nowNanos, long firstIndex) {
        underWay = new Batch(nowNanos, firstIndex, Thread.currentThread());
    }

    void end() {
        underWay = null;
    }

    /** Whether the batch under way has taken longer than {@link RaftConfig#slowApply}; warns about it once. */
    boolean look(long nowNanos) {
        Batch batch = underWay;
        if (batch == null
                || nowNanos - batch.sinceNanos < settings.config().slowApply().toNanos()) {
            return false;
        }
        if (!batch.equals(warnedAbout)) {
            warnedAbout = batch;
            warn(batch);
        }
        return true;
    }

    private void warn(Batch batch) {
        StringBuilder stack = new StringBuilder();
        for (StackTraceElement frame : batch.thread.getStackTrace()) {
            stack.append("\n\tat ").append(frame);
        }
        LOG.warn(
                "{} has been applying the batch that begins at index {} for more than {}; other members go on. It is at:{}",
                settings.logPrefix(),
                batch.firstIndex,
                settings.config().slowApply(),
                stack);
    }
}
