package io.reactorraft.server.cli;

import java.util.ArrayList;
import java.util.List;

/** Values that are lists, with commas between. */
final class Lists {

    private Lists() {}

    /** The parts, without the blanks around them; an empty part stays, to be refused by whoever knows its name. */
    static List<String> split(String text) {
        List<String> parts = new ArrayList<>();
        int from = 0;
        while (from <= text.length()) {
            int comma = text.indexOf(',', from);
            int to = comma < 0 ? text.length() : comma;
            parts.add(text.substring(from, to).trim());
            from = to + 1;
        }
        return parts;
    }
}
