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
    /** A linearizable read was answered. */
    READ_ANSWERED,
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
