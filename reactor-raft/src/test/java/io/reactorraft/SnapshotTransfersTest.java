package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import io.reactorraft.proto.SnapshotMetadata;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

class SnapshotTransfersTest {
    private static final Duration SOON = Duration.ofSeconds(5);

    private final MemorySnapshots store = new MemorySnapshots();
    private final List<String> reported = new ArrayList<>();
    private final SnapshotTransfers transfers = new SnapshotTransfers(
            new NodeSettings(
                    "test",
                    "default",
                    Member.voter("n1", "host1:7000"),
                    "host1:7000",
                    List.of(),
                    Path.of("nowhere"),
                    RaftConfig.defaults()),
            new NodeServices(
                    new MemoryNetwork(Schedulers.immediate()).transport("n1"),
                    true,
                    new MemoryLog(Schedulers.immediate(), "n1"),
                    true,
                    store,
                    true,
                    (metric, group, peer, value) -> {}),
            System::nanoTime,
            () -> 77,
            (peer, there) -> reported.add(peer + " " + there));

    @Test
    void aSnapshotIsInstalledAsItLiesHereAndOnlyWhereItDoes() {
        assertThat(transfers.localized(install(9))).isNull();
        transfers.receive(install(9).getSnapshot(), Flux.empty()).block(SOON);
        Message local = Objects.requireNonNull(transfers.localized(install(9)));
        assertThat(local.getSnapshot().getSnapshotId()).isEqualTo("s1");
        assertThat(local.getFrom()).isEqualTo("n2");
    }

    @Test
    void onlyTheLastFewReceivedAreRemembered() {
        for (int index = 1; index <= SnapshotTransfers.MAX_RECEIVED + 1; index++) {
            transfers.receive(install(index).getSnapshot(), Flux.empty()).block(SOON);
        }
        assertThat(transfers.localized(install(1))).isNull();
        assertThat(transfers.localized(install(2))).isNotNull();
    }

    @Test
    void oneThatDoesNotGetThereIsReportedSoThatTheFollowerDoesNotStarve() {
        transfers.end(); // nothing goes out any more
        transfers.send(install(3).toBuilder().setTo("n3").build());
        assertThat(transfers.oldestOutgoing()).isNull();
        assertThat(reported).doesNotContain("n3 true");
    }

    private static Message install(long index) {
        return Message.newBuilder()
                .setType(MessageType.MSG_SNAPSHOT)
                .setFrom("n2")
                .setTo("n1")
                .setSnapshot(SnapshotMetadata.newBuilder()
                        .setGroupId("default")
                        .setIndex(index)
                        .setTerm(2))
                .build();
    }
}
