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
 * <p>One that has nothing but the first entry, of its own making, may be a founder whose disk was emptied. Where anybody
 * knows of a later generation it has to go, too; and as long as anybody refuses it, it has no part in elections: several
 * of its kind would be the majority of another group.
 *
 * <p><b>Threads.</b> Loop only, but for {@link #any}.
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
    private final Map<String, Refusal> outweighed = new LinkedHashMap<>();
    private volatile boolean any;
    private int ticksSince;
    private int ticksAlone;

    Refusals(int electionTicks) {
        this.electionTicks = electionTicks;
    }

    void refused(String peerId, Refusal refusal) {
        boolean counts = refusal.verdict() == Verdict.REMOVED
                || refusal.verdict() == Verdict.WIPED
                || refusal.verdict() == Verdict.WRONG_GENERATION;
        if (counts && refusals.put(peerId, refusal) == null) {
            any = true;
            ticksSince = 0;
            ticksAlone = 0;
        }
    }

    void welcomed(String peerId) {
        refusals.remove(peerId);
        outweighed.remove(peerId);
        any = !refusals.isEmpty();
    }

    /** Whether somebody refuses this node, and no leader's word has outweighed that yet. Any thread. */
    boolean any() {
        return any;
    }

    /** By peer, what they went on having against this node although somebody leads it. */
    Map<String, Refusal> outweighed() {
        return outweighed;
    }

    /**
     * Once a tick. What this node has to end for; null: nothing.
     *
     * @param fresh whether it has nothing but the first entry
     */
    @Nullable
    Refusal tick(boolean leaderKnown, boolean fresh) {
        if (refusals.isEmpty()) {
            return null;
        }
        ticksSince++;
        ticksAlone = leaderKnown ? 0 : ticksAlone + 1;
        if (leaderKnown && ticksSince > STALE_TIMEOUTS * electionTicks) {
            outweighed.putAll(refusals);
            refusals.clear();
            any = false;
            return null;
        }
        return ticksAlone <= LONELY_TIMEOUTS * electionTicks
                ? null
                : refusals.values().stream()
                        .filter(each -> fresh || each.verdict() != Verdict.WRONG_GENERATION)
                        .findFirst()
                        .orElse(null);
    }
}
