package io.reactorraft.simulation;

import java.util.List;

/**
 * One argument of a directive: {@code key}, {@code key=value} or {@code key=(value,value)}.
 *
 * @param values empty for a bare key, which is then an argument by position
 */
record Argument(String key, List<String> values) {

    Argument {
        values = List.copyOf(values);
    }

    boolean isPositional() {
        return values.isEmpty();
    }
}
