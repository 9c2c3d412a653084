package io.reactorraft.testkit;

import java.util.function.BooleanSupplier;

/** How long a client of one process waits before something is wrong; while that process stands still, no time counts. */
record Patience(VirtualTime time, Incarnation process, long nanos, BooleanSupplier excused) {

    /** Runs {@code overdue} where {@code settled} does not hold when the time is up; unless the process is gone by then. */
    void await(BooleanSupplier settled, Runnable overdue) {
        look(nanos + process.stoppedForNanos(), process.stoodStillNanos(), settled, overdue); // it may stand still now
    }

    private void look(long after, long stoodStill, BooleanSupplier settled, Runnable overdue) {
        time.after(after, () -> {
            long longer = process.stoodStillNanos() - stoodStill;
            if (settled.getAsBoolean() || process.dead() || excused.getAsBoolean()) {
                return;
            }
            if (longer > 0) {
                look(longer, process.stoodStillNanos(), settled, overdue);
            } else {
                overdue.run();
            }
        });
    }
}
