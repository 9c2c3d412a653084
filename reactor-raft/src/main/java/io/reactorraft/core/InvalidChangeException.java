package io.reactorraft.core;

/** A change of the configuration that cannot be made from the configuration in force; the message says why. */
final class InvalidChangeException extends Exception {
    private static final long serialVersionUID = 1L;

    InvalidChangeException(String reason) {
        super(reason);
    }
}
