package io.reactorraft.benchmarks;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * One result for machines: {@code key=value} pairs separated by spaces, in the order in which they were put. The keys
 * are those of the yardstick, so that its results and ours go through the same table.
 *
 * <p>A number that could not be measured is {@code NaN}, never 0.
 */
record ResultLine(Map<String, String> pairs) {

    ResultLine {
        pairs = Collections.unmodifiableMap(new LinkedHashMap<>(pairs));
    }

    static ResultLine empty() {
        return new ResultLine(Map.of());
    }

    /** Reads pairs back; words without {@code =} are refused. */
    static ResultLine parse(String line) {
        Map<String, String> pairs = new LinkedHashMap<>();
        for (String word : line.strip().split("\\s+", -1)) {
            int equals = word.indexOf('=');
            if (equals < 1) {
                throw new IllegalArgumentException("expected key=value, got '" + word + "' in: " + line);
            }
            pairs.put(word.substring(0, equals), word.substring(equals + 1));
        }
        return new ResultLine(pairs);
    }

    /** A copy with one more pair at the end, or another value in the old place. White space becomes {@code _}. */
    ResultLine with(String key, Object value) {
        Map<String, String> more = new LinkedHashMap<>(pairs);
        String text = String.valueOf(value).strip().replaceAll("\\s+", "_");
        more.put(key, text.isEmpty() ? "-" : text);
        return new ResultLine(more);
    }

    /** A copy with a number of so many decimals. */
    ResultLine with(String key, double number, int decimals) {
        return with(key, Double.isNaN(number) ? "NaN" : String.format(Locale.ROOT, "%." + decimals + "f", number));
    }

    /** A copy with all pairs of the other behind these. */
    ResultLine with(ResultLine other) {
        Map<String, String> more = new LinkedHashMap<>(pairs);
        more.putAll(other.pairs);
        return new ResultLine(more);
    }

    ResultLine without(String key) {
        Map<String, String> fewer = new LinkedHashMap<>(pairs);
        fewer.remove(key);
        return new ResultLine(fewer);
    }

    /** The value, {@code -} where there is none. */
    String text(String key) {
        return pairs.getOrDefault(key, "-");
    }

    /** The value as a number, NaN where there is none. */
    double number(String key) {
        String text = pairs.get(key);
        if (text == null) {
            return Double.NaN;
        }
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException notANumber) {
            throw new IllegalArgumentException(key + " is not a number: " + text, notANumber);
        }
    }

    @Override
    public String toString() {
        return pairs.entrySet().stream()
                .map(pair -> pair.getKey() + "=" + pair.getValue())
                .collect(Collectors.joining(" "));
    }
}
