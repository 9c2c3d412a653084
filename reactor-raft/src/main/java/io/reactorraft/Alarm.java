package io.reactorraft;

/**
 * Something about a node that an operator should know, for as long as it lasts.
 *
 * @param message what is wrong, and what to do
 */
public record Alarm(Kind kind, String message) {

    /** What is wrong. */
    public enum Kind {
        /** An append has been outstanding, and none was completed, for an election timeout. The node does not lead. */
        DISK_STALLED,
        /** The disk has no room for further entries. The node takes no proposals and does not lead until it has. */
        DISK_FULL,
        /** The state machine failed on an entry; nothing behind it is applied here. Raft goes on. */
        APPLIER_HALTED,
        /** The state machine has been at one batch for longer than {@link RaftConfig#slowApply}. */
        SLOW_APPLY,
        /** A subscriber blocks the thread that signals: others are told late. */
        SUBSCRIBER_BLOCKS,
        /** A member refuses this node, which has a leader: two groups run under one name, one of them by mistake. */
        TWO_GROUPS
    }
}
