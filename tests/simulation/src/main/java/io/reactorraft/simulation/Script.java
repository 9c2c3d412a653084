package io.reactorraft.simulation;

import java.util.ArrayList;
import java.util.List;

/**
 * A data-driven file: directives that share one environment.
 *
 * <p>{@code #} begins a comment; a trailing backslash continues a directive. Lines of input follow, up to {@code ----};
 * what is expected ends at the first blank line, or, where a second {@code ----} follows at once, at two of them.
 *
 * @param name where it was read from, as failures name it
 */
record Script(String name, List<Directive> directives) {

    /** Ends the input, and opens and closes what is expected. */
    static final String SEPARATOR = "----";

    private static final String SUBTEST = "subtest";

    Script {
        directives = List.copyOf(directives);
    }

    /** The script in this text. */
    static Script parse(String name, String text) throws ScriptFormatException {
        Reader reader = new Reader(name, text.lines().toList());
        List<Directive> directives = new ArrayList<>();
        while (reader.findDirective()) {
            Directive directive = reader.directive();
            // Only groups what follows it; prints nothing, so nothing is expected of it.
            if (!directive.command().equals(SUBTEST)) {
                directives.add(directive);
            }
        }
        if (directives.isEmpty()) {
            throw new ScriptFormatException(name + ": no directive found");
        }
        return new Script(name, directives);
    }

    /** Walks down the lines. */
    private static final class Reader {
        private final String name;
        private final List<String> lines;
        private int next;

        Reader(String name, List<String> lines) {
            this.name = name;
            this.lines = lines;
        }

        boolean findDirective() {
            while (next < lines.size()) {
                String line = lines.get(next).strip();
                if (!line.isEmpty() && !line.startsWith("#")) {
                    return true;
                }
                next++;
            }
            return false;
        }

        Directive directive() throws ScriptFormatException {
            int line = next + 1;
            String text = directiveText();
            DirectiveLine.Parsed parsed;
            try {
                parsed = DirectiveLine.parse(text);
            } catch (ScriptFormatException e) {
                throw new ScriptFormatException(name + ":" + line + ": " + e.getMessage());
            }
            if (parsed.command().equals(SUBTEST)) {
                return new Directive(line, text, SUBTEST, parsed.arguments(), "", List.of());
            }
            String input = input(line);
            return new Directive(line, text, parsed.command(), parsed.arguments(), input, expected());
        }

        private String directiveText() {
            String text = lines.get(next++).strip();
            while (text.endsWith("\\") && next < lines.size()) {
                text = text.substring(0, text.length() - 1) + " "
                        + lines.get(next++).strip();
            }
            return text;
        }

        private String input(int directiveLine) throws ScriptFormatException {
            List<String> input = new ArrayList<>();
            while (next < lines.size()) {
                String line = lines.get(next++);
                if (line.equals(SEPARATOR)) {
                    return String.join("\n", input).strip();
                }
                input.add(line);
            }
            throw new ScriptFormatException(name + ":" + directiveLine + ": no " + SEPARATOR + " after this directive");
        }

        private List<String> expected() {
            if (next < lines.size() && lines.get(next).equals(SEPARATOR)) {
                next++;
                return expectedUpToDoubleSeparator();
            }
            List<String> expected = new ArrayList<>();
            while (next < lines.size() && !lines.get(next).isBlank()) {
                expected.add(lines.get(next++));
            }
            return expected;
        }

        private List<String> expectedUpToDoubleSeparator() {
            List<String> expected = new ArrayList<>();
            while (next < lines.size()) {
                String line = lines.get(next++);
                if (line.equals(SEPARATOR)
                        && next < lines.size()
                        && lines.get(next).equals(SEPARATOR)) {
                    next++;
                    return expected;
                }
                expected.add(line);
            }
            return expected;
        }
    }
}
