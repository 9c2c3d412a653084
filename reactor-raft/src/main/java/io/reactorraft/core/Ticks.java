package io.reactorraft.core;

import java.util.SplittableRandom;

/** Time, as far as the core knows it: ticks since something happened, against timeouts in ticks. */
final class Ticks {

    private final int electionTicks;
    private final int heartbeatTicks;
    private final SplittableRandom random;
    private int sinceElection;
    private int sinceHeartbeat;
    private int randomizedTimeout;

    Ticks(CoreConfig config) {
        electionTicks = config.electionTicks;
        heartbeatTicks = config.heartbeatTicks;
        random = new SplittableRandom(config.seed);
        randomizedTimeout = electionTicks;
    }

    /** A new role or term. "Raft uses randomized election timeouts to ensure that split votes are rare" (§5.2). */
    void reset() {
        sinceElection = 0;
        sinceHeartbeat = 0;
        randomizedTimeout = electionTicks + random.nextInt(electionTicks);
    }

    void passForFollower() {
        sinceElection++;
    }

    void passForLeader() {
        sinceElection++;
        sinceHeartbeat++;
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

    void randomizedTimeout(int ticks) {
        randomizedTimeout = ticks;
    }
}
