package io.reactorraft.server.cli;

/** A request that did not come about; the message is the one line that says why, the code what a script should make of it. */
final class RequestFailedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int exitCode;
    private final String field;

    RequestFailedException(int exitCode, String message) {
        this(exitCode, message, "");
    }

    /**
     * A refusal.
     *
     * @param field what of the request is refused, where nothing was done before; empty: something may have been, or all of it
     */
    RequestFailedException(int exitCode, String message, String field) {
        super(message, null, false, false);
        this.exitCode = exitCode;
        this.field = field;
    }

    int exitCode() {
        return exitCode;
    }

    /** Whether the first member that answered refused it because of this, and nothing was done. */
    boolean isRefusalOf(String name) {
        return exitCode == ExitCode.REFUSED && field.equals(name);
    }
}
