package io.reactorraft.benchmarks;

/** Why no measurement came about, in words for whoever ran it: the command prints the message and exits with 1. */
final class BenchmarkException extends RuntimeException {
    private static final long serialVersionUID = 1;

    BenchmarkException(String message) {
        super(message);
    }

    BenchmarkException(String message, Throwable cause) {
        super(message + ": " + cause, cause);
    }
}
