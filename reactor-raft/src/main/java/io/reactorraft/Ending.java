package io.reactorraft;

/** How a node ended in order. */
public enum Ending {
    /** It was asked to stop. */
    STOPPED,
    /** It was removed from its group; its data directory is not to be used again. */
    REMOVED
}
