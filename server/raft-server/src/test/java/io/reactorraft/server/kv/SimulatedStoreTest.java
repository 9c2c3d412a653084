package io.reactorraft.server.kv;

import com.google.protobuf.ByteString;
import io.reactorraft.server.kv.proto.Command;
import io.reactorraft.server.kv.proto.SettingsChange;
import io.reactorraft.testkit.SimulatedCluster;
import java.util.List;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** The store on whole clusters under every fault: replicas agree on every result, and in the end on their snapshots. */
class SimulatedStoreTest {

    @Test
    void theStoreSurvivesEveryFault() {
        SimulatedCluster.of(KeyValueStore::new)
                .commands(SimulatedStoreTest::command)
                .check(1, 10);
    }

    private static Command command(RandomGenerator random) {
        Command change = change(random);
        return switch (random.nextInt(12)) {
            case 0 -> Commands.requestHashes();
            case 1 -> Commands.hashReport("n" + random.nextInt(3), random.nextInt(200), random.nextInt(2));
            case 2 ->
                Commands.set(SettingsChange.newBuilder()
                        .setHistory(1_000 + random.nextInt(100))
                        .setQuotaBytes((1 << 20) + random.nextInt(1 << 10))
                        .setIdempotencyWindowMillis(1_000 + random.nextInt(5_000))
                        .build());
            // Few keys, so that some are retries and some are used again for something else.
            case 3, 4, 5 -> Commands.once(IdempotencyKey.bytes(new UUID(4 << 12, random.nextInt(50))), change);
            default -> change;
        };
    }

    private static Command change(RandomGenerator random) {
        Key key = Key.of("key/" + random.nextInt(8));
        return switch (random.nextInt(4)) {
            case 0 -> Commands.delete(key, Commands.always());
            case 1 -> Commands.put(key, ByteString.copyFromUtf8("x"), Commands.absent());
            case 2 ->
                Commands.put(
                        key,
                        ByteString.copyFromUtf8("y".repeat(random.nextInt(50))),
                        Commands.revision(List.of(random.nextLong(100))));
            default -> Commands.put(key, ByteString.copyFromUtf8("z" + random.nextInt(100)), Commands.always());
        };
    }
}
