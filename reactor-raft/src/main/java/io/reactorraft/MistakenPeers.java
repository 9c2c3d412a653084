package io.reactorraft;

import io.reactorraft.proto.HelloReply.Verdict;
import io.reactorraft.spi.Transport.Refusal;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Members that take this node for one with an emptied disk, because they have yet to read that it was replaced. They hear
 * nothing from it; so where it leads they never read that, and somebody else has to lead for a while.
 *
 * <p><b>Threads.</b> Loop only.
 */
final class MistakenPeers {

    /** Election timeouts that such a member has, to hear it from a leader before us, or to come to another mind. */
    private static final int PATIENCE_TIMEOUTS = 3;

    private final int patienceTicks;
    private final Set<String> peers = new HashSet<>();
    private final Set<String> handedOverFor = new HashSet<>();
    private int ticksLed;

    MistakenPeers(int electionTicks) {
        this.patienceTicks = PATIENCE_TIMEOUTS * electionTicks;
    }

    void refused(String peerId, Refusal refusal) {
        boolean lags = refusal.verdict() == Verdict.WIPED || refusal.verdict() == Verdict.REMOVED;
        if (lags && !handedOverFor.contains(peerId)) {
            peers.add(peerId);
        }
    }

    void welcomed(String peerId) {
        peers.remove(peerId);
        handedOverFor.remove(peerId);
    }

    /**
     * Once a tick.
     *
     * @param members who belongs to the group: nobody else counts. One of which no disk is known yet does, since it may be
     *     this leader that it refuses to show it to
     * @return whether it is time to have another one lead: once for each of them, until it makes this node welcome, since one
     *     of another group never will
     */
    boolean tick(boolean leading, Supplier<Set<String>> members) {
        if (peers.isEmpty()) {
            ticksLed = 0;
            return false;
        }
        peers.retainAll(members.get());
        ticksLed = leading && !peers.isEmpty() ? ticksLed + 1 : 0;
        if (ticksLed < patienceTicks) {
            return false;
        }
        handedOverFor.addAll(peers);
        peers.clear();
        return true;
    }
}
