package io.reactorraft.core;

/**
 * Something that can never be true is true: a fault in this program, or a log that does not keep its contract.
 *
 * <p>No message from a peer causes it. A node that meets it must stop, because going on could break what it has already
 * promised; its disk is whole and it may be started again. The message names the invariant and the numbers that break it.
 */
public final class BrokenInvariantException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    BrokenInvariantException(String message) {
        super(message);
    }
}
