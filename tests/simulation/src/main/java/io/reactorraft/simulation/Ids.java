package io.reactorraft.simulation;

import io.reactorraft.core.RawNode;
import java.util.ArrayList;
import java.util.List;

/** The scripts' ids are numbers, the core's are strings, and their 0 is its empty string: nobody. */
final class Ids {

    private static final String NOBODY = "0";

    private Ids() {}

    /** The core's id for one in a script. */
    static String parse(String text) throws CommandException {
        String id = Long.toString(number(text));
        return id.equals(NOBODY) ? "" : id;
    }

    static List<String> parseAll(List<String> texts) throws CommandException {
        List<String> ids = new ArrayList<>(texts.size());
        for (String text : texts) {
            ids.add(parse(text));
        }
        return ids;
    }

    /** A number that is not negative. */
    static long number(String text) throws CommandException {
        try {
            long number = Long.parseLong(text.strip());
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw new CommandException("not a number: " + text);
        }
        throw new CommandException("must not be negative: " + text);
    }

    /** A number that fits an int and is not negative. */
    static int smallNumber(String text) throws CommandException {
        long number = number(text);
        if (number > Integer.MAX_VALUE) {
            throw new CommandException("too large: " + text);
        }
        return (int) number;
    }

    static String print(String id) {
        return id.isEmpty() ? NOBODY : id;
    }

    /** As in {@code [1 2]}. */
    static String print(List<String> ids) {
        return ids.stream().map(Ids::print).toList().toString().replace(", ", " ");
    }

    /** Sender or addressee of a message, which scripts print in base 16. */
    static String printAddress(String id) {
        if (id.isEmpty()) {
            return "None";
        }
        if (isStorageThread(id)) {
            return id;
        }
        return Long.toHexString(Long.parseLong(id));
    }

    static boolean isStorageThread(String id) {
        return id.equals(RawNode.APPEND_THREAD) || id.equals(RawNode.APPLY_THREAD);
    }
}
