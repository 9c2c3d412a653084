package io.reactorraft.server.kv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import com.google.protobuf.ByteString;
import io.reactorraft.Committed;
import io.reactorraft.server.kv.proto.Command;
import io.reactorraft.server.kv.proto.Condition;
import io.reactorraft.server.kv.proto.Result;
import io.reactorraft.server.kv.proto.Result.Outcome;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class KeyValueStoreTest {

    private static final Key A = Key.of("a");
    private static final Key B = Key.of("b");

    private final KeyValueStore store = new KeyValueStore();
    private long index;

    @Test
    void everyChangeRaisesTheRevisionByOne() {
        assertThat(put(A, "1", Commands.always()).getRevision()).isEqualTo(1);
        assertThat(put(B, "2", Commands.always()).getRevision()).isEqualTo(2);
        assertThat(put(A, "1", Commands.always()).getRevision())
                .as("the same value again is a change")
                .isEqualTo(3);
        assertThat(store.view().get(A)).isEqualTo(new Versioned(value("1"), 3));
        assertThat(store.view().get(B)).isEqualTo(new Versioned(value("2"), 2));
        assertThat(store.revision()).isEqualTo(3);
    }

    @Test
    void aDeleteTellsWhetherThereWasAnythingToDelete() {
        put(A, "1", Commands.always());

        Result deleted = delete(A, Commands.always());
        assertThat(deleted.getDeleted()).isEqualTo(1);
        assertThat(deleted.getRevision()).isEqualTo(2);
        assertThat(store.view().get(A)).isNull();

        Result nothing = delete(A, Commands.always());
        assertThat(nothing.getDeleted()).isZero();
        assertThat(nothing.getRevision()).as("nothing changed").isEqualTo(2);
    }

    @Test
    void absentHoldsOnceOnly() {
        assertThat(put(A, "1", Commands.absent()).getOutcome()).isEqualTo(Outcome.DONE);

        Result second = put(A, "2", Commands.absent());
        assertThat(second.getOutcome()).isEqualTo(Outcome.CONDITION_FAILED);
        assertThat(second.getRevision()).as("what is there").isEqualTo(1);
        assertThat(store.view().get(A)).isEqualTo(new Versioned(value("1"), 1));
        assertThat(store.revision()).isEqualTo(1);

        delete(A, Commands.always());
        assertThat(put(A, "3", Commands.absent()).getOutcome()).isEqualTo(Outcome.DONE);
    }

    @Test
    void aRevisionHoldsForTheKeysLastChangeAlone() {
        put(A, "1", Commands.always());
        put(B, "1", Commands.always());

        assertThat(put(A, "2", Commands.revision(List.of(2L))).getOutcome())
                .as("the store's revision is not the key's")
                .isEqualTo(Outcome.CONDITION_FAILED);
        assertThat(put(A, "2", Commands.revision(List.of(7L, 1L))).getRevision())
                .as("one of several")
                .isEqualTo(3);
        assertThat(delete(A, Commands.revision(List.of(1L))).getRevision())
                .as("the key's revision by now")
                .isEqualTo(3);
        assertThat(delete(A, Commands.revision(List.of(3L))).getDeleted()).isEqualTo(1);
    }

    @Test
    void conditionsOnAKeyWithoutValue() {
        assertThat(put(A, "1", Commands.revision(List.of(0L))).getOutcome()).isEqualTo(Outcome.CONDITION_FAILED);
        assertThat(put(A, "1", Commands.revision(List.of())).getOutcome()).isEqualTo(Outcome.CONDITION_FAILED);
        Result present = delete(A, Commands.present());
        assertThat(present.getOutcome()).isEqualTo(Outcome.CONDITION_FAILED);
        assertThat(present.getRevision()).isZero();
        put(A, "1", Commands.always());
        assertThat(put(A, "2", Commands.present()).getOutcome()).isEqualTo(Outcome.DONE);
    }

    @Test
    void whatThisVersionDoesNotKnowStopsTheReplicaInsteadOfLettingItDiverge() {
        assertThatIllegalStateException()
                .isThrownBy(() -> apply(Command.getDefaultInstance()))
                .withMessageContaining("index 1")
                .withMessageContaining("does not know");
        Condition unknown = Condition.newBuilder().setKindValue(77).build();
        assertThatIllegalStateException().isThrownBy(() -> put(A, "1", unknown)).withMessageContaining("condition 77");
        assertThat(store.revision()).isZero();
    }

    @Test
    void aValueHasAtMostOneMebibyte() {
        ByteString largest = ByteString.copyFrom(new byte[Commands.MAX_VALUE_BYTES]);
        assertThat(apply(Commands.put(A, largest, Commands.always())).getRevision())
                .isEqualTo(1);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Commands.put(A, largest.concat(value("x")), Commands.always()))
                .withMessage("a value has at most 1048576 bytes, this one 1048577");
    }

    @Test
    void commandsAndResultsSurviveTheirCodecs() {
        Command command = Commands.put(A, value("1"), Commands.revision(List.of(4L)));
        ByteBuffer encoded = store.commandCodec().encode(command).asReadOnlyBuffer();
        assertThat(store.commandCodec().decode(encoded)).isEqualTo(command);

        Result result = put(A, "1", Commands.always());
        assertThat(store.resultCodec().decode(store.resultCodec().encode(result)))
                .isEqualTo(result);
    }

    @Test
    void aDamagedCommandIsNamedAsSuch() {
        assertThatExceptionOfType(UncheckedIOException.class)
                .isThrownBy(() -> store.commandCodec().decode(ByteBuffer.wrap(new byte[] {0x0A, 0x7F})))
                .withMessageContaining("cannot be read");
    }

    private Result put(Key key, String value, Condition condition) {
        return apply(Commands.put(key, value(value), condition));
    }

    private Result delete(Key key, Condition condition) {
        return apply(Commands.delete(key, condition));
    }

    private Result apply(Command command) {
        return store.apply(new Committed<>(1, ++index, Instant.EPOCH, 1, command));
    }

    private static ByteString value(String text) {
        return ByteString.copyFromUtf8(text);
    }
}
