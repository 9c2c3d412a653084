package io.reactorraft.simulation;

import java.util.List;
import java.util.Optional;

/**
 * One step of a script: a command, its arguments and input, and what it must print.
 *
 * @param line where it stands in its file, from 1
 * @param text the directive as written, for failures
 * @param input the lines between the directive and {@code ----}, trimmed
 * @param expected the lines after {@code ----}
 */
record Directive(int line, String text, String command, List<Argument> arguments, String input, List<String> expected) {

    Directive {
        arguments = List.copyOf(arguments);
        expected = List.copyOf(expected);
    }

    /** The same place of the same script, another command: how a line of input becomes a command of its own. */
    Directive with(String otherCommand, List<Argument> otherArguments) {
        return new Directive(line, text, otherCommand, otherArguments, "", expected);
    }

    /** The bare keys, in order. */
    List<String> positional() {
        return arguments.stream()
                .filter(Argument::isPositional)
                .map(Argument::key)
                .toList();
    }

    /** The bare key at this position. */
    String positional(int position) throws CommandException {
        List<String> keys = positional();
        if (position >= keys.size()) {
            throw new CommandException(command + " needs " + (position + 1) + " arguments, has " + keys.size());
        }
        return keys.get(position);
    }

    /** All values of the key, in order; empty where it is absent. */
    List<String> values(String key) {
        return arguments.stream()
                .filter(argument -> argument.key().equals(key))
                .flatMap(argument -> argument.values().stream())
                .toList();
    }

    /** The only value of the key. */
    Optional<String> value(String key) throws CommandException {
        List<String> values = values(key);
        if (values.size() > 1) {
            throw new CommandException(command + " takes one " + key + ", not " + values.size());
        }
        return values.stream().findFirst();
    }
}
