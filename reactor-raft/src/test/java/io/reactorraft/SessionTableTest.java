package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.reactorraft.SessionTable.Standing;
import io.reactorraft.proto.GroupState;
import io.reactorraft.proto.Payload;
import io.reactorraft.proto.SessionOutcome;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SessionTableTest {

    private final SessionTable table = new SessionTable();

    @Test
    void whatWasAppliedIsKnownUntilItsCallerHasHeardOfIt() {
        table.open(7, 0, 10);
        assertThat(table.use(7, 1, 0, 0)).isEqualTo(Standing.FRESH);
        table.keep(7, outcome(1, "one"));
        assertThat(table.use(7, 1, 0, 0)).isEqualTo(Standing.KNOWN);
        assertThat(table.outcome(7, 1)).isEqualTo(outcome(1, "one"));
        assertThat(table.use(7, 2, 1, 0)).isEqualTo(Standing.FRESH);
        assertThat(table.outcome(7, 1)).as("heard of, so forgotten").isNull();
        assertThat(table.use(7, 1, 1, 0)).isEqualTo(Standing.EXPIRED);
    }

    @Test
    void commandsMayArriveOutOfOrder() {
        table.open(7, 0, 10);
        table.keep(7, outcome(3, "three"));
        assertThat(table.use(7, 1, 0, 0)).isEqualTo(Standing.FRESH);
        table.keep(7, outcome(1, "one"));
        assertThat(table.use(7, 2, 0, 0)).isEqualTo(Standing.FRESH);
        assertThat(table.use(7, 3, 0, 0)).isEqualTo(Standing.KNOWN);
    }

    @Test
    void oneSessionKeepsSoManyOutcomesAndNoMore() {
        table.open(7, 0, 10);
        for (int i = 1; i <= SessionTable.MAX_OUTCOMES + 5; i++) {
            assertThat(table.use(7, i, 0, 0)).isEqualTo(Standing.FRESH);
            table.keep(7, outcome(i, "x"));
        }
        assertThat(table.use(7, 5, 0, 0)).as("too old to tell").isEqualTo(Standing.EXPIRED);
        assertThat(table.use(7, 6, 0, 0)).isEqualTo(Standing.KNOWN);
    }

    @Test
    void sessionsEndInTheOrderOfTheirLastUse() {
        table.open(1, 0, 10);
        table.open(2, 10, 10);
        table.use(1, 1, 0, 50);
        table.expire(100, 60);
        assertThat(table.use(2, 1, 0, 100)).isEqualTo(Standing.EXPIRED);
        assertThat(table.use(1, 1, 0, 100)).isEqualTo(Standing.FRESH);
        assertThat(table.size()).isEqualTo(1);
    }

    @Test
    void overTheLimitNoSessionOpensAndAClosedOneMakesRoom() {
        assertThat(table.open(1, 0, 2)).isTrue();
        assertThat(table.open(2, 0, 2)).isTrue();
        assertThat(table.open(3, 0, 2)).isFalse();
        table.close(1);
        assertThat(table.open(4, 0, 2)).isTrue();
        table.close(99);
        assertThat(table.use(3, 1, 0, 0)).isEqualTo(Standing.EXPIRED);
    }

    @Test
    void overTheBytesTheLeastRecentlyUsedEnd() {
        ByteString large = ByteString.copyFrom(new byte[(int) (SessionTable.MAX_OUTCOME_BYTES / 4)]);
        for (int session = 1; session <= 4; session++) {
            table.open(session, session, 10);
            table.keep(
                    session,
                    SessionOutcome.newBuilder().setSequence(1).setResult(large).build());
        }
        assertThat(table.size()).as("a quarter each, and a little more").isEqualTo(3);
        assertThat(table.use(1, 1, 0, 9)).isEqualTo(Standing.EXPIRED);
        assertThat(table.use(2, 1, 0, 9)).isEqualTo(Standing.KNOWN);
        assertThat(table.use(4, 1, 0, 9)).isEqualTo(Standing.KNOWN);
    }

    /** Seed printed by the message: a replica that came from a snapshot decides like one that saw the whole log. */
    @Test
    void aReplicaThatWasRestoredFromASnapshotGoesOnLikeOneThatWasNot() throws Exception {
        for (long seed = 1; seed <= 20; seed++) {
            Random random = new Random(seed);
            SharedState whole = new SharedState();
            SharedState restored = new SharedState();
            int mostSessions = 0;
            for (int index = 1; index <= 2_000; index++) {
                if (random.nextInt(100) == 0) {
                    GroupState bytes =
                            GroupState.parseFrom(restored.capture().build().toByteArray());
                    restored = new SharedState();
                    restored.restore(bytes);
                }
                Payload entry = any(random, index);
                assertThat(applied(restored, entry, index))
                        .as("seed %d, index %d", seed, index)
                        .isEqualTo(applied(whole, entry, index));
                mostSessions = Math.max(mostSessions, whole.sessions().size());
            }
            assertThat(restored.capture().build())
                    .as("seed %d", seed)
                    .isEqualTo(whole.capture().build());
            assertThat(mostSessions).as("seed %d", seed).isGreaterThan(3);
        }
    }

    private static Payload any(Random random, int index) {
        Payload.Builder entry =
                Payload.newBuilder().setTimeMillis(index * 7_000L).setRulesVersion(1 + index / 900);
        long session = 1L + random.nextInt(index);
        return switch (random.nextInt(8)) {
            case 0 -> entry.setKind(Payload.Kind.SESSION_OPEN).build();
            case 1 ->
                entry.setKind(Payload.Kind.SESSION_CLOSE).setSessionId(session).build();
            case 2 ->
                entry.setKind(Payload.Kind.SETTING)
                        .setBody(new SharedSettings(
                                        random.nextBoolean(),
                                        java.time.Duration.ofSeconds(60 + random.nextInt(600)),
                                        5 + random.nextInt(100))
                                .toProto()
                                .toByteString())
                        .build();
            default ->
                entry.setSessionId(session)
                        .setSequence(1 + random.nextInt(5))
                        .setSettled(random.nextInt(3))
                        .setFollowers(random.nextInt(3))
                        .build();
        };
    }

    private static String applied(SharedState state, Payload entry, long index) throws Exception {
        state.entered(entry);
        String time = state.timeMillis() + " " + state.settings() + " " + state.followsRejected(1, index) + " ";
        if (entry.getKind() != Payload.Kind.COMMAND) {
            return time + state.apply(entry, index);
        }
        Standing standing =
                state.sessions().use(entry.getSessionId(), entry.getSequence(), entry.getSettled(), state.timeMillis());
        if (standing == Standing.FRESH) {
            state.sessions().keep(entry.getSessionId(), outcome(entry.getSequence(), "at " + index));
            if (index % 3 == 0) {
                state.rejected(1, index, entry.getFollowers());
            }
        }
        return time + standing + state.sessions().outcome(entry.getSessionId(), entry.getSequence());
    }

    private static SessionOutcome outcome(long sequence, String result) {
        return SessionOutcome.newBuilder()
                .setSequence(sequence)
                .setResult(ByteString.copyFromUtf8(result))
                .build();
    }
}
