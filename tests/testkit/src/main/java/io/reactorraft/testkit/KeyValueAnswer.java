package io.reactorraft.testkit;

import org.jspecify.annotations.Nullable;

/**
 * What a key-value store answers.
 *
 * @param done whether the call did what it asked for; false: its condition did not hold, or there was nothing to get
 * @param value of a get; null for all other calls
 */
public record KeyValueAnswer(boolean done, @Nullable String value) {

    /** A change was made. */
    public static final KeyValueAnswer DONE = new KeyValueAnswer(true, null);

    /** The condition did not hold, so nothing was changed; or the key that was asked for is absent. */
    public static final KeyValueAnswer NOTHING = new KeyValueAnswer(false, null);

    /** A get found this; null: the key is absent. */
    public static KeyValueAnswer found(@Nullable String value) {
        return value == null ? NOTHING : new KeyValueAnswer(true, value);
    }

    /** As in {@code done}, {@code nothing}, or {@code 'the value'}. */
    @Override
    public String toString() {
        if (!done) {
            return "nothing";
        }
        return value == null ? "done" : "'" + value + "'";
    }
}
