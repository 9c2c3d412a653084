package io.reactorraft;

import io.reactorraft.proto.HelloReply.Verdict;
import io.reactorraft.spi.Transport.Refusal;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What peers have against this node, and when it has to go: once it was told that it is removed or wiped, and no leader
 * has said otherwise by leading it. A peer that lags behind may refuse a member that was just added or replaced, which its
 * leader has made welcome; so a leader's word counts for more, and there is time for it.
 *
 * <p><b>Threads.</b> Loop only.
 */
final class Refusals {

    /** Whom this node follows it may have forgotten to forget for so many election timeouts: their random part included. */
    private static final int STALE_TIMEOUTS = 3;

    /**
     * For so many election timeouts nobody leads before a refusal counts: after a leader's end an election takes up to two, and
     * until it is over a peer that was started again, and does not know what is committed, may refuse whom it has added.
     */
    private static final int LONELY_TIMEOUTS = 3;

    private final int electionTicks;
    private final Map<String, Refusal> refusals = new LinkedHashMap<>();
    private int ticksSince;
    private int ticksAlone;

    Refusals(int electionTicks) {
        this.electionTicks = electionTicks;
    }

    void refused(String peerId, Refusal refusal) {
        boolean forGood = refusal.verdict() == Verdict.REMOVED || refusal.verdict() == Verdict.WIPED;
        if (forGood && refusals.put(peerId, refusal) == null) {
            ticksSince = 0;
            ticksAlone = 0;
        }
    }

    void welcomed(String peerId) {
        refusals.remove(peerId);
    }

    /** Once a tick. What this node has to end for; null: nothing. */
    @Nullable
    Refusal tick(boolean leaderKnown) {
        if (refusals.isEmpty()) {
            return null;
        }
        ticksSince++;
        ticksAlone = leaderKnown ? 0 : ticksAlone + 1;
        if (leaderKnown && ticksSince > STALE_TIMEOUTS * electionTicks) {
            refusals.clear();
            return null;
        }
        return ticksAlone > LONELY_TIMEOUTS * electionTicks
                ? refusals.values().iterator().next()
                : null;
    }
}
