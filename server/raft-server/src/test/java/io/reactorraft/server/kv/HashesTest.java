package io.reactorraft.server.kv;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.server.kv.proto.Command;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Three replicas of one log, one of which goes its own way. */
class HashesTest {

    private final List<StoreFixture> replicas = List.of(new StoreFixture(), new StoreFixture(), new StoreFixture());

    @Test
    void replicasThatAreEqualRaiseNoAlarm() {
        everywhere(put("a", "1"));
        compare();
        assertThat(replicas)
                .allSatisfy(replica -> assertThat(replica.store.divergence()).isNull());
    }

    @Test
    void theOneThatDiffersIsNamedWithTheIndexByAll() {
        everywhere(put("a", "1"));
        replicas.get(1).store.apply(new io.reactorraft.Committed<>(1, 99, java.time.Instant.EPOCH, 1, put("a", "2")));
        compare();
        long index = replicas.get(0).index - 3;
        assertThat(replicas)
                .allSatisfy(replica ->
                        assertThat(replica.store.divergence()).isEqualTo(new Divergence(index, List.of("n2"))));
        assertThat(replicas.get(0).store.hash())
                .as("the alarm itself is no part of the state")
                .isEqualTo(replicas.get(2).store.hash());
    }

    @Test
    void theAlarmStandsUntilTheOneThatDifferedIsFoundEqual() {
        everywhere(put("a", "1"));
        replicas.get(1).store.apply(new io.reactorraft.Committed<>(1, 99, java.time.Instant.EPOCH, 1, put("a", "2")));
        compare();
        everywhere(Commands.requestHashes());
        assertThat(replicas.get(0).store.divergence()).as("nobody reported yet").isNotNull();
        everywhere(report(0));
        everywhere(report(2));
        assertThat(replicas.get(0).store.divergence()).as("n2 did not").isNotNull();

        replicas.get(1).store.restore(replicas.get(0).store.snapshot()).block(StoreFixture.SOON);
        assertThat(replicas.get(1).store.hashReport("n2"))
                .as("it was elsewhere then")
                .isNull();
        compare();
        assertThat(replicas.get(0).store.divergence()).isNull();
    }

    @Test
    void whereNoStateHasAMajorityAllAreNamed() {
        everywhere(Commands.requestHashes());
        long index = replicas.get(0).index;
        everywhere(Commands.hashReport("n1", index, 1));
        everywhere(Commands.hashReport("n2", index, 2));
        assertThat(replicas.get(0).store.divergence()).isEqualTo(new Divergence(index, List.of("n1", "n2")));
    }

    @Test
    void reportsOfAnotherIndexAndSecondOnesCountForNothing() {
        everywhere(Commands.requestHashes());
        long index = replicas.get(0).index;
        everywhere(Commands.hashReport("n1", index, 1));
        everywhere(Commands.hashReport("n1", index, 2));
        everywhere(Commands.hashReport("n2", index - 1, 2));
        assertThat(replicas.get(0).store.divergence()).isNull();
        for (int n = 0; n < 2 * Hashes.MAX_REPORTS; n++) {
            everywhere(Commands.hashReport("m" + n, index, 1));
        }
        assertThat(replicas.get(0).restored().store.hash())
                .isEqualTo(replicas.get(0).store.hash());
    }

    private void compare() {
        everywhere(Commands.requestHashes());
        for (int n = 0; n < replicas.size(); n++) {
            everywhere(report(n));
        }
    }

    private Command report(int n) {
        return Objects.requireNonNull(replicas.get(n).store.hashReport("n" + (n + 1)));
    }

    private static Command put(String key, String value) {
        return Commands.put(Key.of(key), com.google.protobuf.ByteString.copyFromUtf8(value), Commands.always());
    }

    private void everywhere(Command command) {
        replicas.forEach(replica -> replica.apply(command));
    }
}
