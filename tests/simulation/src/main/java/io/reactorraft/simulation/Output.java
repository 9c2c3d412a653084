package io.reactorraft.simulation;

import java.util.ArrayList;
import java.util.List;

/** What one directive prints. Quiet, it drops everything but errors. Not for several threads. */
final class Output {

    private static final String INDENT = "  ";

    private final List<String> lines = new ArrayList<>();
    private String indent = "";
    private boolean quiet;

    /** A step that prints and may fail. */
    interface Step {
        void run() throws CommandException;
    }

    boolean isQuiet() {
        return quiet;
    }

    void quiet(boolean newQuiet) {
        quiet = newQuiet;
    }

    /** Prints the text, which may have several lines. */
    void print(String text) {
        if (!quiet) {
            text.lines().forEach(line -> lines.add(indent + line));
        }
    }

    /** Prints even if quiet. */
    void error(CommandException error) {
        lines.add(error.getMessage());
    }

    /** What the step prints stands two columns further right. */
    void indented(Step step) throws CommandException {
        String before = indent;
        indent = before + INDENT;
        try {
            step.run();
        } finally {
            indent = before;
        }
    }

    /** All that was printed since the last time. */
    List<String> take() {
        List<String> taken = List.copyOf(lines);
        lines.clear();
        return taken;
    }
}
