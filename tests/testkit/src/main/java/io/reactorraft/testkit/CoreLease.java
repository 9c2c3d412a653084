package io.reactorraft.testkit;

import io.reactorraft.core.LeaseRounds;
import io.reactorraft.core.RawNode;
import java.util.TreeMap;

/** The lease of one bare core, kept by its process's own clock as {@link LeaseRounds} says. On its loop's lane. */
final class CoreLease {
    private static final double SHARE = 0.8; // of an election timeout; the rest is for clocks that differ
    private static final int MOST_ROUNDS = 64;

    private final RawNode core;
    private final Incarnation process;
    private final long lengthNanos;
    private final TreeMap<Long, Long> begun = new TreeMap<>(); // a round's number, and when it began
    private long term;

    CoreLease(RawNode core, Incarnation process, long electionTimeoutNanos) {
        this.core = core;
        this.process = process;
        this.lengthNanos = (long) (electionTimeoutNanos * SHARE);
    }

    /** Something has happened to the core, and its messages have not left. */
    void moved() {
        LeaseRounds rounds = core.lease();
        if (core.term() != term || rounds.begun() == 0) {
            term = core.term();
            begun.clear();
        }
        if (rounds.begun() > 0) {
            begun.putIfAbsent(rounds.begun(), process.nanoTime());
            if (begun.size() > MOST_ROUNDS) {
                begun.pollFirstEntry();
            }
        }
    }

    /** Whether nobody else can have been elected up to now. */
    boolean isHeld() {
        LeaseRounds rounds = core.lease();
        Long since = begun.get(rounds.confirmed());
        return rounds.unlimited() || (since != null && process.nanoTime() - since < lengthNanos);
    }
}
