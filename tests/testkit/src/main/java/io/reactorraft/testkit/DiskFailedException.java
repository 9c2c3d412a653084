package io.reactorraft.testkit;

/** The sync that a simulation let fail: the only failure that may end a node without being a violation. */
final class DiskFailedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    DiskFailedException(String nodeId) {
        super("sync of the log of " + nodeId + " failed: Input/output error (simulated)");
    }
}
