package io.reactorraft;

import io.reactorraft.core.LeaseRounds;
import io.reactorraft.core.RawNode;
import java.util.ArrayDeque;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * The lease of this leader (thesis §6.4.1): until when, by the monotonic clock, nobody else can have been elected.
 *
 * <p>The core numbers its rounds of heartbeats. The time of each is noted before its messages leave; once a quorum has
 * answered one, the lease lasts for 0.8 election timeouts after that time, the rest being for clocks that run apart.
 *
 * <p><b>Threads.</b> The loop updates it, anyone asks. Whoever relies on it asks again once the state has been read: the
 * process may have stood still in between.
 */
final class Lease {

    /** Rounds without an answer whose times are kept. */
    static final int MAX_ROUNDS = 1_024;

    /** What a lease lasts of an election timeout, in tenths. */
    private static final int TENTHS = 8;

    private static final Until NONE = new Until(false, 0, false);

    private final LongSupplier nanoTime;
    private final BooleanSupplier switchedOn;
    private final long lengthNanos;
    private final ArrayDeque<Begun> rounds = new ArrayDeque<>();
    private long term;
    private long lastSeen;
    private boolean counting;
    private volatile Until until = NONE;

    private record Begun(long round, long nanos) {}

    private record Until(boolean holds, long nanos, boolean unlimited) {}

    /**
     * No lease yet.
     *
     * @param switchedOn whether the group has lease reads
     */
    Lease(RaftConfig config, LongSupplier nanoTime, BooleanSupplier switchedOn) {
        this.nanoTime = nanoTime;
        this.switchedOn = switchedOn;
        this.lengthNanos = config.electionTimeout().toNanos() / 10 * TENTHS;
    }

    /** Looks at the core. Must be done before any message leaves: heartbeats of a new round, or the word to campaign. */
    void update(RawNode core) {
        LeaseRounds now = core.lease();
        if (core.term() != term || now.begun() == 0) {
            term = core.term();
            counting = false;
            rounds.clear();
            until = NONE;
        }
        if (now.begun() > 0) {
            note(now);
            settle(now);
        }
    }

    private void note(LeaseRounds now) {
        if (!counting) {
            counting = true; // when the rounds up to this one left, nobody noted
        } else if (now.begun() > lastSeen) {
            rounds.add(new Begun(now.begun(), nanoTime.getAsLong()));
            if (rounds.size() > MAX_ROUNDS) {
                rounds.removeFirst();
            }
        }
        lastSeen = now.begun();
    }

    private void settle(LeaseRounds now) {
        Begun latest = null;
        while (!rounds.isEmpty() && rounds.getFirst().round <= now.confirmed()) {
            latest = rounds.removeFirst();
        }
        if (now.unlimited()) {
            until = new Until(true, 0, true);
        } else if (latest != null) {
            until = new Until(true, latest.nanos + lengthNanos, false);
        } else if (until.unlimited) {
            until = NONE; // another voter was added, and has confirmed nothing yet
        }
    }

    /** Whether nobody else can have been elected up to now. */
    boolean holds() {
        Until at = until;
        return switchedOn.getAsBoolean() && at.holds && (at.unlimited || at.nanos - nanoTime.getAsLong() > 0);
    }
}
