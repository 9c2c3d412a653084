package io.reactorraft.torture;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** One way to torture the stores, many times over, from a seed. */
interface Campaign {

    /** The subcommand, as the ledger names it. */
    String name();

    /** Runs to the end, or to the first {@link Failure}. */
    void run(long seed, Progress progress) throws IOException, InterruptedException;

    /** How far it is, in a line. */
    String story();

    /** What it did and saw, in a line. */
    String summary();

    /** How many blows were dealt so far. */
    long count();

    /** The last of the seeds that a run from {@code seed} on uses. */
    long lastSeed(long seed);

    /** Whether what it saw proves something; where not, it has failed as well. */
    default boolean counts() {
        return true;
    }

    /** What is tortured, as paths for git. */
    default List<String> touches() {
        return List.of(":/wal/src/main");
    }

    /** Something did not hold; says what, and how to see it again. */
    final class Failure extends RuntimeException {
        private static final long serialVersionUID = 1;

        Failure(ViolationException violation, String replay, Path evidence) {
            super(
                    violation.getMessage() + "\n  replay: " + TortureMain.REPLAY + replay + "\n  files: " + evidence,
                    violation);
        }
    }
}
