package io.reactorraft.torture;

/** What must hold does not: the message says what, for people. */
final class ViolationException extends RuntimeException {
    private static final long serialVersionUID = 1;

    ViolationException(String message) {
        super(message);
    }

    ViolationException(String message, Throwable cause) {
        super(message, cause);
    }
}
