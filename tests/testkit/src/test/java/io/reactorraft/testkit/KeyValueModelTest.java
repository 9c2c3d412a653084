package io.reactorraft.testkit;

import static io.reactorraft.testkit.KeyValueAnswer.DONE;
import static io.reactorraft.testkit.KeyValueAnswer.NOTHING;
import static io.reactorraft.testkit.KeyValueAnswer.found;
import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.testkit.KeyValueModel.Slot;
import org.junit.jupiter.api.Test;

class KeyValueModelTest {

    private static final Slot ABSENT = new Slot(null);
    private static final Slot ONE = new Slot("1");

    private final KeyValueModel model = KeyValueModel.startingEmpty();

    @Test
    void beginsWithNothingOrWithAValue() {
        assertThat(model.initial()).isEqualTo(ABSENT);
        assertThat(KeyValueModel.startingWith("1").initial()).isEqualTo(ONE);
    }

    @Test
    void aGetAnswersTheValueAndChangesNothing() {
        KeyValueCall get = KeyValueCall.get("k");

        assertThat(model.next(ONE, get, found("1"))).isEqualTo(ONE);
        assertThat(model.next(ONE, get, found("2"))).isNull();
        assertThat(model.next(ONE, get, found(null))).isNull();
        assertThat(model.next(ABSENT, get, NOTHING)).isEqualTo(ABSENT);
        assertThat(model.next(ABSENT, get, found("1"))).isNull();
    }

    @Test
    void aPutAlwaysHappens() {
        KeyValueCall put = KeyValueCall.put("k", "1");

        assertThat(model.next(ABSENT, put, DONE)).isEqualTo(ONE);
        assertThat(model.next(ABSENT, put, null)).isEqualTo(ONE);
        assertThat(model.next(ABSENT, put, NOTHING)).isNull();
    }

    @Test
    void anAppendAddsOrBegins() {
        KeyValueCall append = KeyValueCall.append("k", "1");

        assertThat(model.next(ABSENT, append, DONE)).isEqualTo(ONE);
        assertThat(model.next(ONE, append, DONE)).isEqualTo(new Slot("11"));
    }

    @Test
    void aDeleteNeedsSomethingToDelete() {
        KeyValueCall delete = KeyValueCall.delete("k");

        assertThat(model.next(ONE, delete, DONE)).isEqualTo(ABSENT);
        assertThat(model.next(ABSENT, delete, NOTHING)).isEqualTo(ABSENT);
        assertThat(model.next(ABSENT, delete, DONE)).isNull();
        assertThat(model.next(ONE, delete, NOTHING)).isNull();
    }

    @Test
    void aCompareAndSetNeedsTheExpectedValue() {
        KeyValueCall create = KeyValueCall.compareAndSet("k", null, "1");
        KeyValueCall replace = KeyValueCall.compareAndSet("k", "1", "2");

        assertThat(model.next(ABSENT, create, DONE)).isEqualTo(ONE);
        assertThat(model.next(ONE, create, DONE)).isNull();
        assertThat(model.next(ONE, create, NOTHING)).isEqualTo(ONE);
        assertThat(model.next(ONE, replace, DONE)).isEqualTo(new Slot("2"));
        assertThat(model.next(ONE, replace, null)).isEqualTo(new Slot("2"));
        assertThat(model.next(ABSENT, replace, null)).isEqualTo(ABSENT);
    }

    @Test
    void onlyGetsAreReadOnly() {
        assertThat(model.isReadOnly(KeyValueCall.get("k"))).isTrue();
        assertThat(model.isReadOnly(KeyValueCall.put("k", "1"))).isFalse();
        assertThat(model.isReadOnly(KeyValueCall.delete("k"))).isFalse();
        assertThat(model.keyOf(KeyValueCall.get("k"))).isEqualTo("k");
    }
}
