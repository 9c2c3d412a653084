package io.reactorraft.server.kv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.protobuf.ByteString;
import io.reactorraft.server.kv.proto.Command;
import io.reactorraft.server.kv.proto.Result;
import io.reactorraft.server.kv.proto.Result.Outcome;
import io.reactorraft.server.kv.proto.SettingsChange;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RetriesTest {

    private static final long WINDOW = 60_000;

    private StoreFixture state = new StoreFixture();

    RetriesTest() {
        state.apply(Commands.set(SettingsChange.newBuilder()
                .setIdempotencyWindowMillis(WINDOW)
                .setQuotaBytes(1 << 20)
                .build()));
    }

    @Test
    void aRetryIsAnsweredWithWhatTheFirstAttemptCameTo() {
        Command command = once(timed(state.now), "a", "1");
        Result first = state.apply(command);
        state.put("a", "2");
        state.now += WINDOW;
        state = state.restored();
        assertThat(state.apply(command)).isEqualTo(first);
        assertThat(first.getIndex()).as("its own entry").isEqualTo(2);
        assertThat(state.store.view().get(Key.of("a")))
                .extracting(Versioned::revision)
                .isEqualTo(2L);
    }

    @Test
    void aRetryIsKnownBeforeItsConditionIsLookedAt() {
        ByteString key = timed(state.now);
        Command command = Commands.once(key, Commands.put(Key.of("a"), ByteString.EMPTY, Commands.absent()));
        assertThat(state.apply(command).getOutcome()).isEqualTo(Outcome.DONE);
        assertThat(state.apply(command).getOutcome()).as("it is there by now").isEqualTo(Outcome.DONE);

        Command failing =
                Commands.once(timed(state.now), Commands.put(Key.of("a"), ByteString.EMPTY, Commands.absent()));
        assertThat(state.apply(failing).getOutcome()).isEqualTo(Outcome.CONDITION_FAILED);
        state.delete("a");
        assertThat(state.apply(failing).getOutcome())
                .as("and what failed once failed for good")
                .isEqualTo(Outcome.CONDITION_FAILED);
    }

    @Test
    void theSameKeyForAnotherChangeIsRefused() {
        ByteString key = timed(state.now);
        state.apply(once(key, "a", "1"));
        assertThat(state.apply(once(key, "a", "2")).getOutcome()).isEqualTo(Outcome.IDEMPOTENCY_KEY_REUSED);
        assertThat(state.apply(once(key, "b", "1")).getOutcome()).isEqualTo(Outcome.IDEMPOTENCY_KEY_REUSED);
        assertThat(state.apply(Commands.once(key, Commands.delete(Key.of("a"), Commands.always())))
                        .getOutcome())
                .isEqualTo(Outcome.IDEMPOTENCY_KEY_REUSED);
        assertThat(state.store.revision()).isEqualTo(1);
    }

    @Test
    void aTimedKeyIsNeverAppliedTwiceHoweverLateItComes() {
        Command command = once(timed(state.now), "a", "1");
        state.apply(command);
        state.now += WINDOW + 1;
        assertThat(state.apply(command).getOutcome()).isEqualTo(Outcome.IDEMPOTENCY_KEY_EXPIRED);
        assertThat(state.store.revision()).isEqualTo(1);
    }

    @Test
    void norWhereTheClientsClockIsAheadOrTheWindowWasMadeLongerMeanwhile() {
        Command ahead = once(timed(state.now + WINDOW), "a", "1");
        state.apply(ahead);
        state.now += WINDOW + 1;
        assertThat(state.apply(ahead).getOutcome()).as("still remembered").isEqualTo(Outcome.DONE);
        state.now += WINDOW;
        state.put("b", "1");
        state.apply(Commands.set(SettingsChange.newBuilder()
                .setIdempotencyWindowMillis(10 * WINDOW)
                .build()));
        state = state.restored();
        assertThat(state.apply(ahead).getOutcome()).isEqualTo(Outcome.IDEMPOTENCY_KEY_EXPIRED);
        assertThat(state.store.revision()).isEqualTo(2);
        assertThat(state.apply(once(timed(state.now + 10 * WINDOW + 1), "a", "2"))
                        .getOutcome())
                .as("it would have to be remembered for too long")
                .isEqualTo(Outcome.IDEMPOTENCY_KEY_AHEAD);
    }

    @Test
    void aKeyWithoutATimeIsNewOnceForgotten() {
        Command command = once(IdempotencyKey.bytes(UUID.fromString("f81d4fae-7dec-41d0-a765-00a0c91e6bf6")), "a", "1");
        state.apply(command);
        state.now += WINDOW;
        assertThat(state.apply(command).getRevision()).as("remembered").isEqualTo(1);
        state.now += 1;
        assertThat(state.apply(command).getRevision()).as("forgotten").isEqualTo(2);
    }

    @Test
    void aFullTableRefusesAndForgetsNothingEarly() {
        Command first = once(timed(state.now), "a", "first");
        state.apply(first);
        int most = (1 << 20) / 1024;
        for (int n = 1; n < most; n++) {
            assertThat(state.apply(once(timed(state.now), "a", "" + n)).getOutcome())
                    .isEqualTo(Outcome.DONE);
        }
        assertThat(state.apply(once(timed(state.now), "a", "x")).getOutcome())
                .isEqualTo(Outcome.IDEMPOTENCY_TABLE_FULL);
        assertThat(state.put("a", "without a key").getOutcome()).isEqualTo(Outcome.DONE);
        assertThat(state.apply(first).getRevision()).isEqualTo(1);
        state.now += WINDOW + 1;
        assertThat(state.apply(once(timed(state.now), "a", "x")).getOutcome()).isEqualTo(Outcome.DONE);
    }

    @Test
    void aFullStoreIsWorthAnotherTryUnderTheSameKey() {
        state.put("large", "x".repeat((1 << 20) - 100));
        Command command = once(timed(state.now), "a", "1");
        assertThat(state.apply(command).getOutcome()).isEqualTo(Outcome.OVER_QUOTA);
        assertThat(state.delete("large").getDeleted()).as("deletes still work").isEqualTo(1);
        assertThat(state.apply(command).getOutcome()).isEqualTo(Outcome.DONE);
    }

    @Test
    void aFullStoreTakesWhatMakesItSmaller() {
        state.put("a", "x".repeat((1 << 20) - 65));
        assertThat(state.store.bytes()).isEqualTo(1 << 20);
        assertThat(state.put("b", "").getOutcome()).isEqualTo(Outcome.OVER_QUOTA);
        assertThat(state.put("a", "x").getOutcome()).isEqualTo(Outcome.DONE);
        assertThat(state.put("b", "").getOutcome()).isEqualTo(Outcome.DONE);
    }

    @Test
    void aKeyIsAUuidAndMayStandInQuotes() {
        String text = "0197f3a0-1c2b-7d3e-8f40-123456789abc";
        ByteString key = IdempotencyKey.parse(text);
        assertThat(key.size()).isEqualTo(16);
        assertThat(IdempotencyKey.parse('"' + text.toUpperCase(java.util.Locale.ROOT) + '"'))
                .isEqualTo(key);
        assertThat(IdempotencyKey.timeMillis(key)).isEqualTo(0x0197f3a01c2bL);
        assertThat(IdempotencyKey.timeMillis(IdempotencyKey.bytes(new UUID(4 << 12, 1))))
                .isEqualTo(-1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1", "1-2-3-4-5", "0197f3a0-1c2b-7d3e-8f40-123456789abg", "\"", "retry of order 7"})
    void anythingElseIsNone(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> IdempotencyKey.parse(text));
    }

    private static long counter;

    private static ByteString timed(long millis) {
        return IdempotencyKey.bytes(new UUID(millis << 16 | 7 << 12, ++counter));
    }

    private static Command once(ByteString idempotencyKey, String key, String value) {
        return Commands.once(
                idempotencyKey, Commands.put(Key.of(key), ByteString.copyFromUtf8(value), Commands.always()));
    }
}
