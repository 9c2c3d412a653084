package io.reactorraft.simulation;

/**
 * A command that could not do what it was told. Its message is part of the command's output, since scripts may expect
 * it, and so reads as the reference words it where scripts do.
 */
final class CommandException extends Exception {
    private static final long serialVersionUID = 1L;

    CommandException(String message) {
        super(message);
    }
}
