package io.reactorraft.core;

import java.util.SplittableRandom;

/** Time, as far as the core knows it: ticks since something happened, against timeouts in ticks. */
final class Ticks {

    private final int electionTicks;
    private final int heartbeatTicks;

    /** What a node that keeps leases promises. One tick more: the first one may come at once. */
    private final int promiseTicks;

    /** The least patience with a silent leader. */
    private final int patienceTicks;

    private final SplittableRandom random;
    private int sinceElection;
    private int sinceHeartbeat;
    private int randomizedTimeout;
    private int promisedTicks;

    Ticks(CoreConfig config) {
        electionTicks = config.electionTicks;
        heartbeatTicks = config.heartbeatTicks;
        promiseTicks = config.leases ? electionTicks + 1 : 0;
        patienceTicks = Math.max(electionTicks, promiseTicks) + config.candidacyDelayTicks;
        random = new SplittableRandom(config.seed);
        // Before its restart it may have promised, and it does not remember when.
        promisedTicks = promiseTicks;
        randomizedTimeout = electionTicks;
    }

    /** A new role or term. "Raft uses randomized election timeouts to ensure that split votes are rare" (§5.2). */
    void reset() {
        sinceElection = 0;
        sinceHeartbeat = 0;
        randomizedTimeout = patienceTicks + random.nextInt(electionTicks);
    }

    void passForFollower() {
        sinceElection++;
        promisedTicks = Math.max(promisedTicks - 1, 0);
    }

    void passForLeader() {
        passForFollower();
        sinceHeartbeat++;
    }

    /** A leader was heard: where leases are kept, it is promised an election timeout, whatever term comes meanwhile. */
    void leaderHeard() {
        promisedTicks = promiseTicks;
    }

    /** Whether a leader may rely on it that this node votes for nobody just now. */
    boolean isPromised() {
        return promisedTicks > 0;
    }

    /** Whether this node makes such promises at all. */
    boolean keepsLeases() {
        return promiseTicks > 0;
    }

    /** A leader, or a candidate worth a vote, was heard: its time begins anew. */
    void restartElection() {
        sinceElection = 0;
    }

    /** The node's own, randomised patience with a silent leader is over. */
    boolean isElectionDue() {
        return sinceElection >= randomizedTimeout;
    }

    /** A full election timeout, not randomised, has passed; within it a leader's lease holds. */
    boolean isElectionTimeoutOver() {
        return sinceElection >= electionTicks;
    }

    /** Whether a heartbeat is due; asked once a tick, and begins the next interval where it is. */
    boolean takeHeartbeat() {
        if (sinceHeartbeat < heartbeatTicks) {
            return false;
        }
        sinceHeartbeat = 0;
        return true;
    }

    /** Until {@link #isElectionDue}, or for a leader until {@link #isElectionTimeoutOver}. */
    int electionLeft(boolean leading) {
        return Math.max(0, (leading ? electionTicks : randomizedTimeout) - sinceElection);
    }

    /** Until a leader's next heartbeat. */
    int heartbeatLeft() {
        return Math.max(0, heartbeatTicks - sinceHeartbeat);
    }

    void randomizedTimeout(int ticks) {
        randomizedTimeout = ticks;
    }
}
