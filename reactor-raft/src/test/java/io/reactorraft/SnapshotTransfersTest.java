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
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

class SnapshotTransfersTest {
    private static final Duration SOON = Duration.ofSeconds(60);

    private final MemorySnapshots store = new MemorySnapshots();
    private final List<String> reported = new ArrayList<>();
    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
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
                    new MemoryNetwork(time).transport("n1"),
                    true,
                    new MemoryLog(Schedulers.immediate(), "n1"),
                    true,
                    store,
                    true,
                    (metric, group, peer, value) -> {}),
            System::nanoTime,
            () -> 77,
            new SnapshotTransfers.Report() {
                @Override
                public void ended(String peer, boolean there) {
                    reported.add(peer + " " + there);
                }

                @Override
                public void unreadable(SnapshotMetadata snapshot) {
                    reported.add("unreadable " + snapshot.getIndex());
                }
            });

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
    void whatIsForgottenIsDiscardedUnlessItMayBeAboutToBeMarked() {
        for (int index = 1; index <= SnapshotTransfers.MAX_RECEIVED; index++) {
            transfers.receive(install(index).getSnapshot(), Flux.empty()).block(SOON);
        }
        assertThat(transfers.localized(install(1))).isNotNull();
        assertThat(store.kept()).isEqualTo(SnapshotTransfers.MAX_RECEIVED);
        transfers.receive(install(8).getSnapshot(), Flux.empty()).block(SOON);
        assertThat(store.kept()).as("the core knows of it").isEqualTo(SnapshotTransfers.MAX_RECEIVED + 1);
        transfers.receive(install(9).getSnapshot(), Flux.empty()).block(SOON);
        assertThat(store.kept()).isEqualTo(SnapshotTransfers.MAX_RECEIVED + 1);
    }

    @Test
    void whatLiesHereAlreadyIsNotStoredAgain() {
        transfers.receive(install(9).getSnapshot(), Flux.empty()).block(SOON);
        transfers.receive(install(9).getSnapshot(), Flux.never()).block(SOON);
        assertThat(store.saved()).isEqualTo(1);
    }

    @Test
    void nothingIsTakenInOnceTheNodeHasEnded() {
        StepVerifier.create(transfers.receive(install(9).getSnapshot(), Flux.never()))
                .then(() -> transfers.end(new RaftException.Stopped("it was stopped", null)))
                .expectError(RaftException.Stopped.class)
                .verify(SOON);
        StepVerifier.create(transfers.receive(install(9).getSnapshot(), Flux.never()))
                .expectError(RaftException.Stopped.class)
                .verify(SOON);
    }

    @Test
    void oneThatDoesNotGetThereIsReportedSoThatTheFollowerDoesNotStarve() {
        transfers.send(install(3).toBuilder().setTo("n3").build());
        assertThat(transfers.oldestOutgoing()).isNotNull();
        time.advanceTimeBy(SOON);
        assertThat(reported).containsExactly("unreadable 3", "n3 false"); // of none that lies here
        assertThat(transfers.oldestOutgoing()).isNull();
    }

    @Test
    void whatWasOnItsWayWhenLeadershipWasLostIsReportedToNobody() {
        transfers.send(install(3).toBuilder().setTo("n3").build());
        transfers.leadershipLost();
        assertThat(transfers.oldestOutgoing()).isNull();
        time.advanceTimeBy(SOON);
        assertThat(reported).isEmpty();
    }

    @Test
    void ofTwoToOnePeerOnlyTheLaterOneIsReported() {
        transfers.send(install(3).toBuilder().setTo("n3").build());
        transfers.send(install(4).toBuilder().setTo("n3").build());
        time.advanceTimeBy(SOON);
        assertThat(reported).containsExactly("unreadable 4", "n3 false");
    }

    @Test
    void nothingGoesOutOnceTheNodeHasEnded() {
        transfers.end(new RaftException.Stopped("it was stopped", null));
        transfers.send(install(3).toBuilder().setTo("n3").build());
        time.advanceTimeBy(SOON);
        assertThat(transfers.oldestOutgoing()).isNull();
        assertThat(reported).isEmpty();
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
