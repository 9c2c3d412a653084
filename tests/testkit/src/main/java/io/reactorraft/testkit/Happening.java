package io.reactorraft.testkit;

/** What is counted in a simulation, because a run without it proves little. */
public enum Happening {
    /** A node became leader of a term. */
    ELECTION,
    /** A conflicting suffix of a log was truncated. */
    TRUNCATION,
    /** A snapshot was taken and the log before it compacted. */
    SNAPSHOT,
    /** A follower was brought up to date by a snapshot. */
    SNAPSHOT_INSTALLED,
    /** The group entered a joint configuration. */
    JOINT_CHANGE,
    /** One member was added, removed, promoted or demoted in a single step. */
    SIMPLE_CHANGE,
    /** Somebody asked for a change of the members. */
    CHANGE_ASKED,
    /** It was told that the change is made. */
    CHANGE_DONE,
    /** It was told that the change is refused, or is not done yet. */
    CHANGE_NOT_DONE,
    /** A process that asked to join was refused for good, or found nobody. */
    JOIN_REFUSED,
    /** One that was removed, or whose place another disk has, was told so and ended. */
    REFUSED_FOR_GOOD,
    /** One that was removed found out, and ended in order. */
    REMOVED_ENDED,
    /** Leadership was asked to go to a named member. */
    TRANSFER,
    /** A process was killed. */
    CRASH,
    /** A process was killed while it had handed its disk what was not yet synced, and lost it. */
    LOSSY_CRASH,
    /** A disk was emptied, and its member replaced by another one. */
    WIPED_DISK,
    /** A sync failed, and the node ended. */
    DISK_FAILURE,
    /** The network was divided, in both directions or in one. */
    PARTITION,
    /** A whole process stood still for a while. */
    PAUSE,
    /** A proposal was acknowledged as applied. */
    WRITE_ACKNOWLEDGED,
    /** A proposal's outcome was told to be unknown. */
    OUTCOME_UNKNOWN,
    /** A proposal was told never to be applied. */
    NOT_APPLIED,
    /** A client left before it had an outcome; at once, or while its command was on its way. */
    CLIENT_LEFT,
    /** A read was answered, linearizable by a quorum or by a lease. */
    READ_ANSWERED,
    /** One of them was asked for by lease, in a group that has leases. */
    LEASE_READ_ANSWERED,
    /** A command of a session was tried again, and had an outcome. */
    RETRY_SETTLED,
    /** A stream of commands ended before all of it was applied. */
    STREAM_BROKEN,
    /** A stream of commands was applied to its end. */
    STREAM_COMPLETED,
    /** Work that only a leader does began. */
    LEADER_WORK,
    /** A leader whose disk gave no answer handed over. */
    STALLED_LEADER_REPLACED,
    /** A member took a peer's process for gone, rightly or not. */
    PROCESS_GONE,
    /** A leader was killed, and another one led within half an election timeout. */
    FAST_FAILOVER,
    /** A message was lost. */
    MESSAGE_LOST,
    /** A message was delivered twice. */
    MESSAGE_DUPLICATED,
    /** A whole history of clients was found to be linearizable with respect to its model. */
    HISTORY_LINEARIZABLE,
    /** A history was too hard to decide within the limit; that the log's order explains it was checked anyway. */
    HISTORY_UNDECIDED
}
