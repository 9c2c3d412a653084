package io.reactorraft.testkit;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A key-value store: the state of a key is its value, or nothing. Immutable; safe for any thread. */
public final class KeyValueModel implements SequentialModel<KeyValueModel.Slot, KeyValueCall, KeyValueAnswer> {

    private final Slot initial;

    /**
     * What a key holds.
     *
     * @param value null: the key is absent
     */
    public record Slot(@Nullable String value) {}

    private KeyValueModel(Slot initial) {
        this.initial = initial;
    }

    /** No key exists at first. */
    public static KeyValueModel startingEmpty() {
        return new KeyValueModel(new Slot(null));
    }

    /** Every key has this value at first, as in stores that do not tell an absent key from an empty value. */
    public static KeyValueModel startingWith(String value) {
        return new KeyValueModel(new Slot(value));
    }

    @Override
    public Slot initial() {
        return initial;
    }

    @Override
    public @Nullable Slot next(Slot slot, KeyValueCall call, @Nullable KeyValueAnswer answer) {
        boolean isPossible = answer == null || isPossible(slot, call, answer);
        return isPossible ? after(slot, call) : null;
    }

    private static boolean isPossible(Slot slot, KeyValueCall call, KeyValueAnswer answer) {
        boolean isRightValue = call.kind() != KeyValueCall.Kind.GET || Objects.equals(slot.value(), answer.value());
        return answer.done() == canBeDone(slot, call) && isRightValue;
    }

    private static boolean canBeDone(Slot slot, KeyValueCall call) {
        return switch (call.kind()) {
            case PUT, APPEND -> true;
            case GET, DELETE -> slot.value() != null;
            case COMPARE_AND_SET -> Objects.equals(slot.value(), call.expected());
        };
    }

    private static Slot after(Slot slot, KeyValueCall call) {
        if (!canBeDone(slot, call)) {
            return slot;
        }
        return switch (call.kind()) {
            case GET -> slot;
            case PUT, COMPARE_AND_SET -> new Slot(call.value());
            case APPEND -> new Slot(slot.value() == null ? call.value() : slot.value() + call.value());
            case DELETE -> new Slot(null);
        };
    }

    @Override
    public String keyOf(KeyValueCall call) {
        return call.key();
    }

    @Override
    public boolean isReadOnly(KeyValueCall call) {
        return call.kind() == KeyValueCall.Kind.GET;
    }
}
