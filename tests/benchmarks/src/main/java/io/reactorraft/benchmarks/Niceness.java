package io.reactorraft.benchmarks;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/**
 * What processes that are started under the load give up of their priority. On a machine of its own a member that starts takes
 * nothing from the others; here they all share a few cores.
 */
final class Niceness {
    private static final int MOST = 19;

    @Option(
            names = "--nice",
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "Priority that processes started under the load give up, 0 to 19; on machines of their own they would "
                            + "take nothing from the others (default: ${DEFAULT-VALUE}).")
    private int nice;

    boolean valid() {
        return nice >= 0 && nice <= MOST;
    }

    String rule() {
        return "--nice must be 0 to " + MOST + ", got " + nice;
    }

    /** The command, to be run with it. */
    List<String> of(List<String> command) {
        if (nice == 0) {
            return command;
        }
        List<String> all = new ArrayList<>(List.of("nice", "-n", Integer.toString(nice)));
        all.addAll(command);
        return all;
    }

    @Override
    public String toString() {
        return Integer.toString(nice);
    }
}
