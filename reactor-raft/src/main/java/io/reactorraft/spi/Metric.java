package io.reactorraft.spi;

/** What is measured. {@link Kind} says how a value is to be read. */
public enum Metric {
    /** Proposals that were applied. */
    PROPOSALS_APPLIED(Kind.COUNTER),
    /** Proposals refused before they were appended. */
    PROPOSALS_REFUSED(Kind.COUNTER),
    /** Proposals whose outcome the caller was told is unknown. */
    PROPOSALS_UNKNOWN(Kind.COUNTER),
    /** Proposals that wait, here, for their result. */
    PROPOSALS_PENDING(Kind.GAUGE),
    /** From subscription to result, of proposals that were applied. */
    PROPOSAL_DURATION(Kind.TIMER),
    /** Reads that wait, here, for their index. */
    READS_PENDING(Kind.GAUGE),
    /** From subscription to answer, of reads. */
    READ_DURATION(Kind.TIMER),
    /** One batch on the apply thread. */
    APPLY_DURATION(Kind.TIMER),
    /** Sessions that are open, as applied here. */
    SESSIONS_OPEN(Kind.GAUGE),
    /** Signals that wait for the thread of the subscribers. */
    SIGNALS_WAITING(Kind.GAUGE),
    /** Times that this node handed leadership over because its disk or state machine hung. */
    HANDOVERS(Kind.COUNTER),
    /** One append of the log, from the order to the answer. */
    APPEND_DURATION(Kind.TIMER),
    /** Raft messages from peers that were dropped because the inbox was full. */
    INBOX_DROPPED(Kind.COUNTER),
    /** Changes of the leader as this node saw them. */
    LEADER_CHANGES(Kind.COUNTER),
    /** The term this node is in. */
    TERM(Kind.GAUGE),
    /** One where this node leads and is caught up, else zero. */
    IS_LEADER(Kind.GAUGE),
    /** One where a leader is known, else zero. */
    HAS_LEADER(Kind.GAUGE),
    /** The highest index known to be committed. */
    COMMIT_INDEX(Kind.GAUGE),
    /** The highest index applied here. */
    APPLIED_INDEX(Kind.GAUGE),
    /** One where the state machine failed on an entry and nothing behind it is applied here, else zero. */
    APPLIER_HALTED(Kind.GAUGE),
    /** One where the state machine has been at one batch for longer than it should, else zero. */
    APPLY_SLOW(Kind.GAUGE),
    /** One where the disk has not answered for an election timeout, else zero. */
    DISK_STALLED(Kind.GAUGE),
    /** One where the disk has no room for further entries, else zero. */
    DISK_FULL(Kind.GAUGE),
    /** One snapshot of this node's own, from its capture until it is marked. */
    SNAPSHOT_SAVE_DURATION(Kind.TIMER),
    /** Own snapshots that came to nothing. */
    SNAPSHOT_SAVE_FAILURES(Kind.COUNTER),
    /** One snapshot to a peer, until it was durable there. */
    SNAPSHOT_SEND_DURATION(Kind.TIMER),
    /** Snapshots that did not get to the peer. */
    SNAPSHOT_SEND_FAILURES(Kind.COUNTER),
    /** Snapshots of others that could not be taken in. */
    SNAPSHOT_RECEIVE_FAILURES(Kind.COUNTER),
    /** One snapshot of a leader's taking the place of the state here. */
    SNAPSHOT_RESTORE_DURATION(Kind.TIMER),
    /** One sync of the log. */
    LOG_SYNC_DURATION(Kind.TIMER),
    /** Reading the whole log back, once, when it is opened. */
    LOG_READ_BACK_DURATION(Kind.TIMER),
    /** Bytes that the log takes on disk. */
    LOG_BYTES(Kind.GAUGE),
    /** Bytes of a group's newest entries that the log keeps in memory. */
    LOG_CACHE_BYTES(Kind.GAUGE),
    /** Entries that the peer is behind the leader; told by the leader alone. */
    PEER_LAG(Kind.GAUGE),
    /** One where a connection to the peer stands, else zero. */
    PEER_UP(Kind.GAUGE),
    /** From a question to its answer, of the probes that are sent to the peer. */
    PEER_ROUND_TRIP(Kind.TIMER),
    /** How many milliseconds the peer's wall clock is ahead of ours; negative: behind. */
    PEER_CLOCK_SKEW(Kind.GAUGE),
    /** Appends to the peer that were dropped because their lane was full or no connection stood. */
    PEER_DROPPED_APPENDS(Kind.COUNTER),
    /** Heartbeats, votes, answers and reads to the peer that were dropped for the same reasons. */
    PEER_DROPPED_CONTROL(Kind.COUNTER),
    /** Snapshots to the peer that did not get there. */
    PEER_DROPPED_SNAPSHOTS(Kind.COUNTER);

    private final Kind kind;

    Metric(Kind kind) {
        this.kind = kind;
    }

    /** How values of this metric are to be read. */
    public Kind kind() {
        return kind;
    }

    /** The three ways to read a value. */
    public enum Kind {
        /** Values are added up. */
        COUNTER,
        /** The latest value counts. */
        GAUGE,
        /** Values are durations in nanoseconds. */
        TIMER
    }
}
