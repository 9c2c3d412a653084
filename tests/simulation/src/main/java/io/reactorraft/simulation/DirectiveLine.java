package io.reactorraft.simulation;

import java.util.ArrayList;
import java.util.List;

/**
 * Reads the line of a directive: {@code cmd arg key=value key=(value, value)}. Parentheses within a value nest.
 *
 * <p>Used once for each line; not for several threads.
 */
final class DirectiveLine {

    private final String line;
    private int position;

    private DirectiveLine(String line) {
        this.line = line;
    }

    /** The command and its arguments. */
    record Parsed(String command, List<Argument> arguments) {}

    static Parsed parse(String text) throws ScriptFormatException {
        DirectiveLine reader = new DirectiveLine(text.strip());
        String command = reader.until(" ");
        if (command.isEmpty()) {
            throw new ScriptFormatException("a directive begins with a command");
        }
        List<Argument> arguments = new ArrayList<>();
        reader.skipBlanks();
        while (!reader.atEnd()) {
            arguments.add(reader.argument());
            reader.skipBlanks();
        }
        return new Parsed(command, arguments);
    }

    private Argument argument() throws ScriptFormatException {
        String key = until(" =");
        if (key.isEmpty()) {
            throw unreadable("a key");
        }
        if (atEnd() || line.charAt(position) != '=') {
            return new Argument(key, List.of());
        }
        position++;
        if (atEnd() || line.charAt(position) != '(') {
            return new Argument(key, List.of(until(" ")));
        }
        position++;
        return new Argument(key, valuesInParentheses());
    }

    private List<String> valuesInParentheses() throws ScriptFormatException {
        List<String> values = new ArrayList<>();
        int depth = 0;
        int start = position;
        while (!atEnd()) {
            char c = line.charAt(position++);
            if (c == '(') {
                depth++;
            } else if (c == ')' && depth > 0) {
                depth--;
            } else if (depth == 0 && (c == ')' || c == ',')) {
                values.add(line.substring(start, position - 1).strip());
                if (c == ')') {
                    return values;
                }
                start = position;
            }
        }
        throw unreadable("a closing parenthesis");
    }

    private String until(String stops) {
        int start = position;
        while (!atEnd() && stops.indexOf(line.charAt(position)) < 0) {
            position++;
        }
        return line.substring(start, position);
    }

    private void skipBlanks() {
        while (!atEnd() && Character.isWhitespace(line.charAt(position))) {
            position++;
        }
    }

    private boolean atEnd() {
        return position >= line.length();
    }

    private ScriptFormatException unreadable(String wanted) {
        return new ScriptFormatException("column " + (position + 1) + " should have " + wanted + ": " + line);
    }
}
