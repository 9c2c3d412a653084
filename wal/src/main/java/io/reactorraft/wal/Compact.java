package io.reactorraft.wal;

import java.io.IOException;

/** A group lets go of a prefix of its log; segments that all groups have let go of are removed. */
final class Compact extends Work {
    private final GroupLog group;
    private final long upTo;

    Compact(GroupLog group, long upTo) {
        super(group.waiting());
        this.group = group;
        this.upTo = upTo;
    }

    @Override
    Durability write(WalWriter writer) throws IOException {
        group.release(upTo);
        writer.compact();
        return Durability.WRITTEN;
    }

    @Override
    void publish(WalWriter writer) {
        // the views were changed segment by segment
    }

    /** What came before must be shown before views lose a prefix. */
    @Override
    boolean isBarrier() {
        return true;
    }
}
