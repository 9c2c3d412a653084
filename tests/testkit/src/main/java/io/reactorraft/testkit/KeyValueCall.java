package io.reactorraft.testkit;

import org.jspecify.annotations.Nullable;

/**
 * What a client of a key-value store asks.
 *
 * @param value what is written or appended; null where nothing is
 * @param expected for {@link Kind#COMPARE_AND_SET}: null, that the key is absent
 */
public record KeyValueCall(
        Kind kind,
        String key,
        @Nullable String value,
        @Nullable String expected) {

    /** The calls there are. */
    public enum Kind {
        /** Answers the value. */
        GET,
        /** Replaces the value. */
        PUT,
        /** Adds to the end of the value. */
        APPEND,
        /** Removes the key; refused where there is none. */
        DELETE,
        /** Replaces the value if it is the expected one; else refused. */
        COMPARE_AND_SET
    }

    /** A read. */
    public static KeyValueCall get(String key) {
        return new KeyValueCall(Kind.GET, key, null, null);
    }

    /** A write. */
    public static KeyValueCall put(String key, String value) {
        return new KeyValueCall(Kind.PUT, key, value, null);
    }

    /** An append; to an absent key, a write. */
    public static KeyValueCall append(String key, String value) {
        return new KeyValueCall(Kind.APPEND, key, value, null);
    }

    /** A removal. */
    public static KeyValueCall delete(String key) {
        return new KeyValueCall(Kind.DELETE, key, null, null);
    }

    /** A write on a condition; {@code expected} null: only where the key is absent. */
    public static KeyValueCall compareAndSet(String key, @Nullable String expected, String value) {
        return new KeyValueCall(Kind.COMPARE_AND_SET, key, value, expected);
    }

    /** As in {@code put(k, 1)}. */
    @Override
    public String toString() {
        return switch (kind) {
            case GET -> "get(" + key + ")";
            case PUT -> "put(" + key + ", " + value + ")";
            case APPEND -> "append(" + key + ", " + value + ")";
            case DELETE -> "delete(" + key + ")";
            case COMPARE_AND_SET -> "compareAndSet(" + key + ", " + expected + ", " + value + ")";
        };
    }
}
