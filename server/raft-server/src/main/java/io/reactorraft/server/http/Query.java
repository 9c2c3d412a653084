package io.reactorraft.server.http;

import io.reactorraft.server.api.Problem;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The parameters of a request's query. What no route knows is refused: a misspelt one must not pass for a default. */
final class Query {

    private final Map<String, List<String>> values = new LinkedHashMap<>();

    private Query() {}

    /** Reads what stands behind the question mark. */
    static Query parse(String text) {
        Query query = new Query();
        int from = 0;
        while (from < text.length()) {
            int ampersand = text.indexOf('&', from);
            int to = ampersand < 0 ? text.length() : ampersand;
            if (to > from) {
                query.add(text.substring(from, to));
            }
            from = to + 1;
        }
        return query;
    }

    private void add(String pair) {
        int equals = pair.indexOf('=');
        String name = PercentEncoding.decodeText("query", equals < 0 ? pair : pair.substring(0, equals));
        String value = equals < 0 ? "" : PercentEncoding.decodeText(name, pair.substring(equals + 1));
        values.computeIfAbsent(name, any -> new ArrayList<>()).add(value);
    }

    /** Refuses everything but these names. */
    void only(Set<String> known) {
        for (String name : values.keySet()) {
            if (!known.contains(name)) {
                throw Problem.invalid(name, "the parameter '" + name + "' is not known here");
            }
        }
    }

    /** The value, or null where the parameter is not given; given twice is refused. */
    @Nullable
    String one(String name) {
        List<String> given = all(name);
        if (given.size() > 1) {
            throw Problem.invalid(name, "the parameter '" + name + "' is given " + given.size() + " times");
        }
        return given.isEmpty() ? null : given.get(0);
    }

    /** The value, or {@code otherwise} where the parameter is not given. */
    String one(String name, String otherwise) {
        String given = one(name);
        return given == null ? otherwise : given;
    }

    /** A whole number, {@code least} or higher; null where the parameter is not given. */
    @Nullable
    Long number(String name, long least) {
        String given = one(name);
        return given == null ? null : Long.valueOf(number(name, given, least));
    }

    /** The same of any text; {@code field} names it in the refusal. */
    static long number(String field, String text, long least) {
        boolean digits = !text.isEmpty() && text.length() <= 18 && text.chars().allMatch(c -> c >= '0' && c <= '9');
        if (!digits || Long.parseLong(text) < least) {
            throw Problem.invalid(field, "must be a whole number from " + least + " on, got '" + text + "'");
        }
        return Long.parseLong(text);
    }

    /** All values, in their order. */
    List<String> all(String name) {
        return values.getOrDefault(name, List.of());
    }
}
