package io.reactorraft.testkit;

import java.util.Map;
import java.util.function.Supplier;

/** The commands of one stream, and how much of it the log has: whatever happens, a prefix. One thread. */
final class CommandStream {
    private final Check check;
    private final Map<Long, Place> places;
    private long length;
    private long applied;
    private boolean broken;

    /** Says what is violated where something does not hold. */
    interface Check {
        void that(boolean holds, Supplier<String> otherwise);
    }

    /** Where in its stream a command stands. */
    final class Place {
        private final long position;

        private Place(long position) {
            this.position = position;
        }

        /** The log has it: for the first time, on whichever replica. */
        void applied(long index, boolean rejected) {
            check.that(
                    !broken,
                    () -> "command " + position + " of a stream is applied, at index " + index
                            + ", and an earlier one was rejected");
            check.that(
                    position == applied + 1,
                    () -> "command " + position + " of a stream is applied, at index " + index + ", and command "
                            + (applied + 1) + " was not: no prefix");
            applied = position;
            broken |= rejected;
        }
    }

    CommandStream(Check check, Map<Long, Place> places) {
        this.check = check;
        this.places = places;
    }

    /** The command of this number comes next. */
    void add(long tag) {
        places.put(tag, new Place(++length));
    }
}
