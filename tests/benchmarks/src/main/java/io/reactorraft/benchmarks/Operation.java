package io.reactorraft.benchmarks;

import java.util.Locale;

/** What the load consists of. */
enum Operation {
    /** A proposal, from the call to the result of the state machine: committed and applied. */
    WRITE,
    /** A linearizable read of the state machine. */
    READ;

    /** As the command line and the result lines spell it. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    static Operation of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT));
    }
}
