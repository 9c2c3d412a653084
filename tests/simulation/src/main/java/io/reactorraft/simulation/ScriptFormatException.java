package io.reactorraft.simulation;

/** A file that is no script: the message says where and why. */
final class ScriptFormatException extends Exception {
    private static final long serialVersionUID = 1L;

    ScriptFormatException(String message) {
        super(message);
    }
}
