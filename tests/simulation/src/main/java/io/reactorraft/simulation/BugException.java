package io.reactorraft.simulation;

/** A seeded bug that cannot be tried: its patch does not fit the sources, or what it makes of them does not compile. */
final class BugException extends Exception {
    private static final long serialVersionUID = 1;

    BugException(String message) {
        super(message);
    }
}
