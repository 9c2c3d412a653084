package io.reactorraft.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Compares what a command printed with what it should have: to the letter, except that lines of a log are dropped on
 * both sides (every implementation words its own) and that {@code ok} is the same as nothing.
 */
final class Comparison {

    private static final Pattern LOG_LINE = Pattern.compile("^\\s*(DEBUG|INFO|WARN|ERROR|FATAL) .*");
    private static final String NOTHING = "ok";

    private Comparison() {}

    /**
     * The first line that differs.
     *
     * @param line of the two after dropping, from 1
     * @param expected empty: nothing more is expected
     * @param actual empty: nothing more was printed
     */
    record Difference(int line, Optional<String> expected, Optional<String> actual) {

        @Override
        public String toString() {
            return "line " + line + " of the output\n    expected: " + expected.orElse("(no more)") + "\n    got:      "
                    + actual.orElse("(no more)");
        }
    }

    static Optional<Difference> firstDifference(List<String> expected, List<String> actual) {
        List<String> wanted = comparable(expected);
        List<String> printed = comparable(actual);
        for (int i = 0; i < Math.max(wanted.size(), printed.size()); i++) {
            Optional<String> left = at(wanted, i);
            Optional<String> right = at(printed, i);
            if (!left.equals(right)) {
                return Optional.of(new Difference(i + 1, left, right));
            }
        }
        return Optional.empty();
    }

    private static Optional<String> at(List<String> lines, int index) {
        return index < lines.size() ? Optional.of(lines.get(index)) : Optional.empty();
    }

    private static List<String> comparable(List<String> lines) {
        List<String> kept = new ArrayList<>(lines.size());
        for (String line : lines) {
            if (!LOG_LINE.matcher(line).matches()) {
                kept.add(line);
            }
        }
        while (!kept.isEmpty() && kept.get(kept.size() - 1).isEmpty()) {
            kept.remove(kept.size() - 1);
        }
        return kept.equals(List.of(NOTHING)) ? List.of() : kept;
    }
}
