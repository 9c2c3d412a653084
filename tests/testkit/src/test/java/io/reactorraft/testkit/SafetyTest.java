package io.reactorraft.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Each property is seen to fail where a node breaks it, and to hold where none does. */
class SafetyTest {
    private final Story story = new Story(new VirtualTime(), null);
    private final Map<String, DurableLog> disks = new HashMap<>();
    private final ConfState voters =
            ConfState.newBuilder().addAllVoters(List.of("n1", "n2", "n3")).build();
    private final Safety safety =
            new Safety(story, id -> disks.computeIfAbsent(id, unknown -> new DurableLog()), id -> List.of(voters));

    /** n1 leads term 2; entries 1 and 2 are on all disks, and the first is committed. */
    @BeforeEach
    void aGroupAtWork() {
        for (String id : List.of("n1", "n2", "n3")) {
            write(id, state(2, "n1", 0), entry(1, 2, "a"), entry(2, 2, "b"));
        }
        safety.sent("n1", message(MessageType.MSG_APPEND, 2, 0));
        write("n1", state(2, "n1", 1));
        assertThat(story.violation()).isNull();
    }

    @Test
    void anOrderlyLifeViolatesNothing() {
        write("n1", state(2, "n1", 2));
        write("n2", state(2, "n1", 2));
        safety.applied("n2", 2, 2);
        safety.sent("n2", message(MessageType.MSG_APPEND_RESPONSE, 2, 2));
        write("n2", state(3, "n2", 2));
        write("n3", state(3, "n2", 0));
        safety.sent("n2", message(MessageType.MSG_HEARTBEAT, 3, 0));
        assertThat(story.violation()).isNull();
        assertThat(story.counts()).containsEntry(Happening.ELECTION, 2L);
    }

    @Test
    void twoLeadersOfOneTerm() {
        safety.sent("n2", message(MessageType.MSG_HEARTBEAT, 2, 0));
        assertViolated("election safety: both n1 and n2 lead term 2");
    }

    @Test
    void aLeaderWithoutAMajorityOfVotes() {
        write("n2", state(3, "n2", 0));
        safety.sent("n2", message(MessageType.MSG_HEARTBEAT, 3, 0));
        assertViolated("n2 leads term 3 without the durable votes of a majority");
    }

    @Test
    void aLeaderWhoseOwnVoteIsNotDurable() {
        write("n1", state(3, "n2", 1));
        write("n3", state(3, "n2", 0));
        safety.sent("n2", message(MessageType.MSG_HEARTBEAT, 3, 0));
        assertViolated("n2 leads term 3 before its own vote is durable");
    }

    @Test
    void anAcknowledgementOfAPastTermSpeaksOfThatTime() {
        write("n2", state(3, "n3", 0));
        safety.sent("n2", message(MessageType.MSG_APPEND_RESPONSE, 2, 7));
        assertThat(story.violation()).isNull();
    }

    @Test
    void aSecondVoteInATerm() {
        write("n2", state(3, "n1", 0));
        write("n2", state(3, "n3", 0));
        assertViolated("n2 votes in term 3 for n3 after it voted for n1");
    }

    @Test
    void aVoteThatWasNeverDurableMayBeGivenAgainAfterACrash() {
        safety.handed("n2", state(3, "n1", 0), List.of());
        safety.restarted("n2");
        safety.handed("n2", state(3, "n3", 0), List.of());
        assertThat(story.violation()).isNull();
    }

    @Test
    void aTermThatGoesBack() {
        write("n2", state(1, "", 0));
        assertViolated("n2 goes back from term 2 to 1");
    }

    @Test
    void aCommitThatGoesBack() {
        write("n1", state(2, "n1", 0));
        assertViolated("n1 goes back from commit 1 to 0");
    }

    @Test
    void anotherEntryOfTheSameIndexAndTerm() {
        write("n3", state(2, "n1", 0), entry(2, 2, "c"));
        assertViolated("log matching: n3 has at index 2 of term 2 another entry");
    }

    @Test
    void theSameEntryBehindAnotherOne() {
        write("n2", state(3, "n2", 0), entry(3, 3, "d"));
        write("n3", state(3, "n2", 0), entry(2, 3, "e"), entry(3, 3, "d"));
        assertViolated("log matching: n3 has at index 3 of term 3");
    }

    @Test
    void aLeaderThatTruncatesItsOwnLog() {
        write("n1", state(2, "n1", 1), entry(2, 2, "b"));
        assertViolated("n1 leads term 2 and truncates its own log from 2");
    }

    @Test
    void aNodeThatReplacesWhatItKnowsToBeCommitted() {
        write("n2", state(2, "n1", 1));
        write("n2", state(3, "n3", 1), entry(1, 3, "x"));
        assertViolated("n2 replaces entry 1, which it knows to be committed");
    }

    @Test
    void aGapInALog() {
        safety.handed("n2", HardState.getDefaultInstance(), List.of(entry(9, 2, "x")));
        assertViolated("n2 leaves a gap");
    }

    @Test
    void twoEntriesCommittedAtOneIndex() {
        write("n1", state(2, "n1", 2));
        write("n3", state(3, "n3", 0), entry(2, 3, "c"));
        write("n3", state(3, "n3", 2));
        assertViolated("state machine safety: n3 commits term 3 at index 2, where n1 committed term 2");
    }

    @Test
    void aLeaderWithoutWhatWasCommitted() {
        write("n1", state(2, "n1", 2));
        write("n3", state(3, "n3", 0), entry(2, 3, "c"));
        safety.sent("n3", message(MessageType.MSG_APPEND, 3, 0));
        assertViolated("leader completeness: n3 leads term 3 without the entry at index 2");
    }

    @Test
    void aLeaderThatCommitsAnOlderTermByCounting() {
        write("n2", state(3, "n2", 0));
        write("n3", state(3, "n2", 0));
        safety.sent("n2", message(MessageType.MSG_APPEND, 3, 0));
        write("n2", state(3, "n2", 2));
        assertViolated("figure 8");
    }

    @Test
    void aLeaderThatCommitsWithoutAMajority() {
        write("n1", state(2, "n1", 1), entry(3, 2, "c"));
        write("n1", state(2, "n1", 3));
        assertViolated("n1 commits index 3 of term 2, which is not durable on a majority");
    }

    @Test
    void aLostDiskCountsForWhatItOnceHad() {
        write("n1", state(2, "n1", 1), entry(3, 2, "c"));
        safety.wiped("n3");
        write("n1", state(2, "n1", 3));
        assertThat(story.violation()).isNull();
    }

    @Test
    void aVoteThatLeavesBeforeItIsDurable() {
        safety.handed("n2", state(3, "n3", 0), List.of());
        safety.sent(
                "n2",
                message(MessageType.MSG_VOTE_RESPONSE, 3, 0).toBuilder()
                        .setTo("n3")
                        .build());
        assertViolated("n2 grants its vote of term 3 to n3 before that is durable");
    }

    @Test
    void anAcknowledgementThatLeavesBeforeItIsDurable() {
        safety.handed("n2", HardState.getDefaultInstance(), List.of(entry(3, 2, "c")));
        safety.sent("n2", message(MessageType.MSG_APPEND_RESPONSE, 2, 3));
        assertViolated("n2 acknowledges index 3 to n1 before it is durable (its disk ends at 2)");
    }

    /** Phased seed 40194 of whole nodes: the leader's own disk may be the slowest. */
    @Test
    void anEntryMayBeAcknowledgedBeforeTheLeadersOwnDiskIsAskedForIt() {
        safety.sent(
                "n1",
                message(MessageType.MSG_APPEND, 2, 2).toBuilder()
                        .addEntries(entry(3, 2, "c"))
                        .build());
        write("n2", state(2, "n1", 0), entry(3, 2, "c"));
        safety.sent("n2", message(MessageType.MSG_APPEND_RESPONSE, 2, 3));
        assertThat(story.violation()).isNull();
    }

    @Test
    void anAcknowledgementOfWhatTheLeaderDoesNotHave() {
        write("n2", state(2, "n1", 0), entry(3, 1, "stale"));
        safety.sent("n2", message(MessageType.MSG_APPEND_RESPONSE, 2, 3));
        assertViolated("n2 acknowledges index 3 to n1, which has another entry there");
    }

    @Test
    void anEntryThatIsAppliedAndNotCommitted() {
        write("n3", state(2, "n1", 0), entry(3, 2, "c"));
        safety.applied("n3", 3, 2);
        assertViolated("state machine safety: n3 applies index 3 of term 2, where nothing is committed");
    }

    @Test
    void anEntryMayBeAppliedWhileItsCommitIndexWaitsForTheDisk() {
        safety.applied("n3", 2, 2); // all have it
        assertThat(story.violation()).isNull();
    }

    private void assertViolated(String what) {
        assertThat(story.violation()).contains(what);
    }

    /** Hands over and syncs at once. */
    private void write(String id, HardState state, Entry... entries) {
        safety.handed(id, state, List.of(entries));
        DurableLog disk = disks.computeIfAbsent(id, unknown -> new DurableLog());
        disk.persist(state);
        disk.append(List.of(entries));
    }

    private static Message message(MessageType type, long term, long index) {
        return Message.newBuilder()
                .setType(type)
                .setTo("n1")
                .setTerm(term)
                .setIndex(index)
                .build();
    }

    private static HardState state(long term, String vote, long commit) {
        return HardState.newBuilder()
                .setTerm(term)
                .setVote(vote)
                .setCommit(commit)
                .build();
    }

    private static Entry entry(long index, long term, String data) {
        return Entry.newBuilder()
                .setIndex(index)
                .setTerm(term)
                .setData(ByteString.copyFromUtf8(data))
                .build();
    }
}
