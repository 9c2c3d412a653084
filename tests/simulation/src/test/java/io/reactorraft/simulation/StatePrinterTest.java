package io.reactorraft.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.reactorraft.core.RaftRole;
import io.reactorraft.core.ReadState;
import io.reactorraft.core.Ready;
import io.reactorraft.core.SoftState;
import io.reactorraft.core.Status;
import io.reactorraft.core.Status.PeerProgress;
import io.reactorraft.core.Status.ProgressState;
import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import io.reactorraft.proto.SnapshotMetadata;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class StatePrinterTest {

    @Test
    void aReadyPrintsItsPartsInOrder() {
        Ready ready = new Ready(
                new SoftState("2", RaftRole.FOLLOWER),
                HardState.newBuilder().setTerm(3).setVote("2").setCommit(4).build(),
                List.of(new ReadState(4, ByteString.copyFromUtf8("ab")), new ReadState(5, ByteString.EMPTY)),
                List.of(entry(5)),
                SnapshotMetadata.newBuilder().setIndex(2).setTerm(1).build(),
                List.of(entry(3), entry(4)),
                List.of(Message.newBuilder()
                        .setType(MessageType.MSG_HEARTBEAT)
                        .setFrom("1")
                        .setTo("2")
                        .build()),
                List.of(),
                true);

        assertThat(StatePrinter.print(ready)).isEqualTo("""
                        Ready MustSync=true:
                        Lead:2 State:StateFollower
                        HardState Term:3 Vote:2 Commit:4
                        ReadStates [{4 [97 98]} {5 []}]
                        Entries:
                        1/5 EntryNormal ""
                        Snapshot Index:2 Term:1 ConfState:Voters:[] VotersOutgoing:[] Learners:[] LearnersNext:[] AutoLeave:false
                        CommittedEntries:
                        1/3 EntryNormal ""
                        1/4 EntryNormal ""
                        Messages:
                        1->2 MsgHeartbeat Term:0 Log:0/0
                        """);
    }

    @Test
    void aReadyWithNothingInItSaysSo() {
        Ready empty = new Ready(null, null, List.of(), List.of(), null, List.of(), List.of(), List.of(), false);

        assertThat(StatePrinter.print(empty)).isEqualTo("<empty Ready>");
    }

    @Test
    void aVoteThatWasNotCastIsNotPrinted() {
        Ready ready = new Ready(
                new SoftState("", RaftRole.PRE_CANDIDATE),
                HardState.newBuilder().setTerm(3).build(),
                List.of(),
                List.of(),
                null,
                List.of(),
                List.of(),
                List.of(),
                false);

        assertThat(StatePrinter.print(ready))
                .isEqualTo("Ready MustSync=false:\nLead:0 State:StatePreCandidate\nHardState Term:3 Commit:0\n");
    }

    @Test
    void aNodeSaysWhatItIs() {
        ConfState joint =
                ConfState.newBuilder().addVoters("1").addVotersOutgoing("2").build();

        assertThat(StatePrinter.printRole(status("1", RaftRole.LEADER, joint)))
                .isEqualTo("1: StateLeader (Voter) Term:7 Lead:1");
        assertThat(StatePrinter.printRole(status("2", RaftRole.CANDIDATE, joint)))
                .isEqualTo("2: StateCandidate (Voter) Term:7 Lead:1");
        assertThat(StatePrinter.printRole(status("3", RaftRole.FOLLOWER, joint)))
                .isEqualTo("3: StateFollower (Non-Voter) Term:7 Lead:1");
    }

    @Test
    void progressShowsWhatIsUnusual() {
        Map<String, PeerProgress> progress = new TreeMap<>(Map.of(
                "1", new PeerProgress(4, 5, ProgressState.REPLICATE, false, true, false, 0, false, 0),
                "2", new PeerProgress(0, 5, ProgressState.SNAPSHOT, true, false, true, 0, false, 4),
                "3", new PeerProgress(1, 5, ProgressState.REPLICATE, false, true, true, 2, true, 0),
                "4", new PeerProgress(1, 2, ProgressState.PROBE, false, true, false, 1, false, 0)));

        assertThat(StatePrinter.print(progress)).isEqualTo("""
                        1: StateReplicate match=4 next=5
                        2: StateSnapshot match=0 next=5 learner paused pendingSnap=4 inactive
                        3: StateReplicate match=1 next=5 paused inflight=2[full]
                        4: StateProbe match=1 next=2 inflight=1""");
    }

    private static Entry entry(long index) {
        return Entry.newBuilder().setTerm(1).setIndex(index).build();
    }

    private static Status status(String id, RaftRole role, ConfState confState) {
        return new Status(
                id, HardState.newBuilder().setTerm(7).build(), new SoftState("1", role), 0, confState, Map.of(), "");
    }
}
