package io.reactorraft.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.SnapshotMetadata;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** A disk in memory keeps the promises of a log store, and breaks those that real disks break. */
class SimulatedDiskTest {
    private static final String GROUP = "default";

    private final VirtualTime time = new VirtualTime();
    private final Story story = new Story(time, null);
    private final Safety safety =
            new Safety(story, id -> disk().onDisk(GROUP), id -> List.of(ConfState.getDefaultInstance()));
    private final SimulatedDisk theDisk = new SimulatedDisk("n1", time, new Dice(1), safety);
    private final List<String> heard = new ArrayList<>();

    SimulatedDiskTest() {
        theDisk.belongsTo(new Incarnation(time, 0, 0));
    }

    private SimulatedDisk disk() {
        return theDisk;
    }

    @Test
    void whatIsAcknowledgedSurvivesACrashAndWhatIsNotMayBeLost() {
        hear("first", disk().append(GROUP, state(1, "n1", 0), entries(1, 3, 1)));
        pass(10);
        hear("second", disk().append(GROUP, state(2, "n2", 0), entries(4, 5, 2)));
        boolean lost = disk().crash();
        pass(1_000);
        assertThat(heard).containsExactly("first");
        assertThat(lost).isTrue();
        assertThat(disk().view(GROUP).lastIndex()).isEqualTo(3);
        assertThat(disk().hardState(GROUP)).isEqualTo(state(1, "n1", 0));
    }

    @Test
    void theViewShowsWhatIsDurableAndNothingElse() {
        disk().append(GROUP, state(1, "n1", 0), entries(1, 2, 1)).subscribe();
        assertThat(disk().view(GROUP).lastIndex()).isZero();
        pass(10);
        assertThat(disk().view(GROUP).lastIndex()).isEqualTo(2);
        assertThat(disk().view(GROUP).term(2)).isEqualTo(1);
    }

    @Test
    void writesThatWaitForOneSyncAreDurableTogetherAndInOrder() {
        disk().slowestSync(Duration.ofMillis(50).toNanos());
        for (int i = 1; i <= 5; i++) {
            hear("write " + i, disk().append(GROUP, HardState.getDefaultInstance(), entries(i, i, 1)));
        }
        pass(200);
        assertThat(heard).containsExactly("write 1", "write 2", "write 3", "write 4", "write 5");
        assertThat(time.happened()).isEqualTo(2);
    }

    @Test
    void aCommitIndexAloneIsNotSyncedAndGoesBackInACrash() {
        disk().append(GROUP, state(1, "n1", 1), entries(1, 3, 1)).subscribe();
        pass(10);
        hear("commit", disk().append(GROUP, state(1, "n1", 3), List.of()));
        pass(10);
        assertThat(heard).containsExactly("commit");
        assertThat(disk().hardState(GROUP).getCommit()).isEqualTo(3);
        disk().crash();
        assertThat(disk().hardState(GROUP).getCommit()).isEqualTo(1);
    }

    @Test
    void laterEntriesOfAnIndexReplaceAllFromThere() {
        disk().append(GROUP, state(1, "n1", 0), entries(1, 5, 1)).subscribe();
        disk().append(GROUP, state(2, "n2", 0), entries(3, 3, 2)).subscribe();
        pass(10);
        assertThat(disk().view(GROUP).lastIndex()).isEqualTo(3);
        assertThat(disk().view(GROUP).term(3)).isEqualTo(2);
        assertThat(disk().view(GROUP).term(4)).isEqualTo(-1);
    }

    @Test
    void aFailedSyncIsFinalUntilTheNextStart() {
        disk().failNextSync();
        hear("lost", disk().append(GROUP, HardState.getDefaultInstance(), entries(1, 1, 1)));
        pass(10);
        hear("refused", disk().append(GROUP, HardState.getDefaultInstance(), entries(1, 1, 1)));
        pass(10);
        assertThat(heard).containsExactly("lost failed", "refused failed");
        disk().crash();
        disk().belongsTo(new Incarnation(time, 0, 0));
        hear("works", disk().append(GROUP, HardState.getDefaultInstance(), entries(1, 1, 1)));
        pass(10);
        assertThat(heard).endsWith("works");
    }

    @Test
    void aStalledDiskCompletesNothingUntilItGoesOn() {
        disk().stalled(true);
        hear("stalled", disk().append(GROUP, HardState.getDefaultInstance(), entries(1, 1, 1)));
        pass(5_000);
        assertThat(heard).isEmpty();
        disk().stalled(false);
        pass(100);
        assertThat(heard).containsExactly("stalled");
    }

    @Test
    void nothingIsToldToAProcessThatStandsStillOrIsDead() {
        Incarnation process = new Incarnation(time, 0, 0);
        disk().belongsTo(process);
        hear("late", disk().append(GROUP, HardState.getDefaultInstance(), entries(1, 1, 1)));
        process.pause(Duration.ofMillis(500).toNanos());
        pass(400);
        assertThat(heard).isEmpty();
        pass(200);
        assertThat(heard).containsExactly("late");
        hear("never", disk().append(GROUP, HardState.getDefaultInstance(), entries(2, 2, 1)));
        process.kill();
        pass(1_000);
        assertThat(heard).containsExactly("late");
    }

    @Test
    void afterARestartEntriesAreNotInMemoryAndCanBeRead() {
        disk().append(GROUP, HardState.getDefaultInstance(), entries(1, 9, 1)).subscribe();
        pass(10);
        disk().crash();
        disk().belongsTo(new Incarnation(time, 0, 0));
        assertThat(disk().view(GROUP).entries(1, 10, 0)).isNull();
        List<Entry> read = new ArrayList<>();
        disk().read(GROUP, 1, 10, 0).subscribe(read::addAll);
        pass(10);
        assertThat(read).isNotEmpty();
        assertThat(read.get(0).getIndex()).isEqualTo(1);
    }

    @Test
    void whatIsCompactedCannotBeReadAndItsTermIsKnownYet() {
        disk().append(GROUP, state(1, "n1", 9), entries(1, 9, 1)).subscribe();
        disk().mark(GROUP, SnapshotMetadata.newBuilder().setIndex(6).setTerm(1).build())
                .subscribe();
        pass(20);
        assertThat(disk().view(GROUP).firstIndex()).isEqualTo(7);
        assertThat(disk().view(GROUP).lastIndex()).isEqualTo(9);
        assertThat(disk().view(GROUP).term(6)).isEqualTo(1);
        hear("compacted", disk().read(GROUP, 5, 8, 0).then());
        pass(20);
        assertThat(heard).containsExactly("compacted failed");
    }

    @Test
    void aSnapshotThatDoesNotMatchTheLogReplacesAllOfIt() {
        disk().append(GROUP, state(1, "n1", 1), entries(1, 9, 1)).subscribe();
        pass(10);
        disk().onDisk(GROUP)
                .install(SnapshotMetadata.newBuilder().setIndex(5).setTerm(3).build());
        assertThat(disk().view(GROUP).firstIndex()).isEqualTo(6);
        assertThat(disk().view(GROUP).lastIndex()).isEqualTo(5);
        assertThat(disk().view(GROUP).term(5)).isEqualTo(3);
    }

    private void hear(String what, Mono<Void> work) {
        work.subscribe(nothing -> {}, error -> heard.add(what + " failed"), () -> heard.add(what));
    }

    private void pass(long millis) {
        long limit = time.now() + Duration.ofMillis(millis).toNanos();
        boolean more = true;
        while (more) {
            more = time.next(limit);
        }
    }

    private static HardState state(long term, String vote, long commit) {
        return HardState.newBuilder()
                .setTerm(term)
                .setVote(vote)
                .setCommit(commit)
                .build();
    }

    private static List<Entry> entries(long from, long to, long term) {
        return LongStream.rangeClosed(from, to)
                .mapToObj(index ->
                        Entry.newBuilder().setIndex(index).setTerm(term).build())
                .toList();
    }
}
