package io.reactorraft.server.cli;

/** A request that did not come about; the message is the one line that says why, the code what a script should make of it. */
final class RequestFailedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int exitCode;

    RequestFailedException(int exitCode, String message) {
        super(message, null, false, false);
        this.exitCode = exitCode;
    }

    int exitCode() {
        return exitCode;
    }
}
