package io.reactorraft.core;

import static io.reactorraft.core.Messages.acknowledge;
import static io.reactorraft.core.Messages.after;
import static io.reactorraft.core.Messages.append;
import static io.reactorraft.core.Messages.entries;
import static io.reactorraft.core.Messages.only;
import static io.reactorraft.core.Messages.single;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.reactorraft.proto.Entry;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Asynchronous storage writes: what leaves when, and what answers may say. */
class AsyncStorageTest {

    private static TestNode node(UnaryOperator<CoreConfig.Builder> options) {
        return new TestNode(
                "n1",
                PaperNodes.THREE,
                config -> options.apply(config.preVote(false).asyncStorageWrites(true)));
    }

    private static Message work(Ready ready, String thread) {
        return ready.messages().stream()
                .filter(message -> message.getTo().equals(thread))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no work for " + thread + " in " + ready));
    }

    @Test
    void theWorkForTheLogHoldsAllThatIsToBeDurableAndWhatWaitsForIt() {
        TestNode node = node(config -> config.groupId("orders"));
        node.raw().step(append("n2", "n1", 3, after(0, 0), 1, 3, 3));
        Ready ready = node.raw().ready();
        assertThat(ready.mustSync()).isTrue();
        Message work = work(ready, RawNode.APPEND_THREAD);
        assertThat(work.getType()).isEqualTo(MessageType.MSG_STORAGE_APPEND);
        assertThat(work.getGroupId()).isEqualTo("orders");
        assertThat(work.getTerm()).isEqualTo(3);
        assertThat(work.getCommit()).isEqualTo(1);
        assertThat(work.getEntriesList()).isEqualTo(ready.entries()).hasSize(2);
        assertThat(work.getResponsesList())
                .extracting(Message::getType)
                .containsExactly(MessageType.MSG_APPEND_RESPONSE, MessageType.MSG_STORAGE_APPEND_RESPONSE);
        assertThat(work.getResponses(0).getTo()).isEqualTo("n2");
        assertThat(work.getResponses(1).getTo()).isEqualTo("n1");
    }

    @Test
    void everyMessageNamesItsGroup() {
        TestNode leader = node(config -> config.groupId("orders"));
        leader.raw().campaign();
        List<Message> all = new ArrayList<>(leader.settle());
        leader.raw().step(Messages.voted("n2", "n1", 1, true));
        Ready ready = leader.raw().ready();
        all.addAll(ready.messages());
        ready.messages().forEach(message -> all.addAll(message.getResponsesList()));
        assertThat(all)
                .hasSizeGreaterThan(5)
                .allSatisfy(message -> assertThat(message.getGroupId()).isEqualTo("orders"));
    }

    @Test
    void aCommitIndexAloneNeedNotBeSynced() {
        TestNode node = node(config -> config);
        node.raw().step(append("n2", "n1", 3, after(0, 0), 0, 3));
        node.settle();
        node.raw().step(Messages.heartbeat("n2", "n1", 3, 1));
        Ready ready = node.raw().ready();
        assertThat(ready.hardState()).isNotNull();
        assertThat(ready.mustSync()).isFalse();
    }

    @Test
    void writesArePipelined() {
        TestNode node = node(config -> config);
        node.raw().step(append("n2", "n1", 1, after(0, 0), 0, 1));
        List<Message> sent = new ArrayList<>();
        assertThat(node.takeReady(sent).entries()).hasSize(1);
        node.raw().step(append("n2", "n1", 1, after(1, 1), 0, 1));
        assertThat(node.takeReady(sent).entries()).extracting(Entry::getIndex).containsExactly(2L);
        assertThat(only(sent, MessageType.MSG_APPEND_RESPONSE)).isEmpty();
        node.doAppendWork(sent);
        assertThat(single(sent, MessageType.MSG_APPEND_RESPONSE, "n2").getIndex())
                .isEqualTo(1);
    }

    /** L19 of the usual faults: a committed entry that is not durable here could be lost here after it was applied. */
    @Test
    void onlyWhatIsDurableHereIsApplied() {
        TestNode node = node(config -> config);
        node.raw().step(append("n2", "n1", 1, after(0, 0), 1, 1));
        Ready ready = node.takeReady(new ArrayList<>());
        assertThat(ready.committedEntries()).isEmpty();
        assertThat(node.raw().hasReady()).isFalse();
        node.doAppendWork(new ArrayList<>());
        assertThat(node.takeReady(new ArrayList<>()).committedEntries()).hasSize(1);
    }

    /** The same where the entry before it is durable already. */
    @Test
    void whatIsDurableIsAppliedWithoutWhatIsNot() {
        TestNode node = node(config -> config);
        node.raw().step(append("n2", "n1", 1, after(0, 0), 0, 1));
        Message first = work(node.raw().ready(), RawNode.APPEND_THREAD);
        node.raw().step(append("n2", "n1", 1, after(1, 1), 2, 1));
        node.raw().ready();
        node.log().append(first.getEntriesList());
        deliverOwn(node, first);
        assertThat(node.raw().ready().committedEntries())
                .extracting(Entry::getIndex)
                .containsExactly(1L);
    }

    @Test
    void whereNothingIsToBeWrittenTheLogIsLeftAlone() {
        TestNode node = node(config -> config);
        node.raw().step(Messages.heartbeat("n2", "n1", 1, 0));
        work(node.raw().ready(), RawNode.APPEND_THREAD);
        node.raw().step(Messages.heartbeat("n2", "n1", 1, 0));
        assertThat(node.raw().ready().messages())
                .extracting(Message::getType)
                .containsExactly(MessageType.MSG_HEARTBEAT_RESPONSE);
    }

    /**
     * L16 of the usual faults: entries are written, replaced, and replaced back. What the first write has to say comes
     * while the second one, which removes its entries for a moment, is still under way.
     */
    @Test
    void anAnswerOfAnEarlierTermMakesNothingStable() {
        TestNode node = node(config -> config);
        List<Message> sent = new ArrayList<>();
        node.raw().step(append("n2", "n1", 1, after(0, 0), 0, 1));
        Message first = work(node.raw().ready(), RawNode.APPEND_THREAD);
        node.raw().step(append("n3", "n1", 2, after(0, 0), 0, 2));
        Message second = work(node.raw().ready(), RawNode.APPEND_THREAD);
        node.raw().step(append("n2", "n1", 3, after(0, 0), 0, 1));
        Message third = work(node.raw().ready(), RawNode.APPEND_THREAD);

        deliverOwn(node, first);
        node.raw().step(Messages.heartbeat("n2", "n1", 3, 1));
        assertThat(node.takeReady(sent).committedEntries())
                .as("the disk may hold the entry of term 2")
                .isEmpty();
        deliverOwn(node, second);
        assertThat(node.raw().hasReady()).isFalse();
        node.log().append(third.getEntriesList());
        deliverOwn(node, third);
        assertThat(node.takeReady(sent).committedEntries()).hasSize(1);
    }

    private static void deliverOwn(TestNode node, Message work) {
        only(work.getResponsesList(), MessageType.MSG_STORAGE_APPEND_RESPONSE)
                .forEach(response -> node.raw().step(response));
    }

    /** The first write of a new term speaks for the entries of the old one, whose own answer is ignored. */
    @Test
    void entriesOfAnEarlierTermBecomeStableWithTheNextWrite() {
        TestNode node = node(config -> config);
        node.raw().step(append("n2", "n1", 1, after(0, 0), 0, 1));
        Message entries = work(node.raw().ready(), RawNode.APPEND_THREAD);
        node.raw().step(Messages.heartbeat("n3", "n1", 2, 0));
        Message term = work(node.raw().ready(), RawNode.APPEND_THREAD);
        node.log().append(entries.getEntriesList());
        deliverOwn(node, entries);
        deliverOwn(node, term);
        node.raw().step(append("n3", "n1", 2, after(1, 1), 1));
        assertThat(node.takeReady(new ArrayList<>()).committedEntries()).hasSize(1);
    }

    @Test
    void applyingIsPipelinedWithinItsLimit() {
        long each = entries(1, 1).get(0).getSerializedSize();
        TestNode node = node(config -> config.maxCommittedBytes(2 * each));
        List<Message> sent = new ArrayList<>();
        node.raw().step(append("n2", "n1", 1, after(0, 0), 1, 1, 1, 1, 1));
        node.takeReady(sent);
        node.doAppendWork(sent);
        assertThat(node.takeReady(sent).committedEntries()).hasSize(1);
        node.raw().step(Messages.heartbeat("n2", "n1", 1, 4));
        assertThat(node.takeReady(sent).committedEntries()).as("one more fits").hasSize(1);
        assertThat(node.raw().hasReady()).isFalse();
        node.doApplyWork(sent);
        assertThat(node.raw().appliedIndex()).isEqualTo(1);
        assertThat(node.takeReady(sent).committedEntries())
                .extracting(Entry::getIndex)
                .containsExactly(3L);
    }

    @Test
    void committedEntriesThatAreNotInMemoryLeaveAsARange() {
        TestNode node = node(config -> config);
        int length = Readiness.MAX_RANGE_ENTRIES + 10;
        node.log()
                .append(entries(1, new long[length]).stream()
                        .map(entry -> entry.toBuilder().setTerm(1).build())
                        .toList());
        node.log().hardState(HardState.newBuilder().setTerm(1).setCommit(length).build());
        node.log().evictUpTo(length);
        node.restart();
        Ready first = node.raw().ready();
        Message work = work(first, RawNode.APPLY_THREAD);
        assertThat(work.getEntriesCount()).isZero();
        assertThat(work.getIndex()).isEqualTo(1);
        assertThat(work.getCommit()).as("bounded").isEqualTo(Readiness.MAX_RANGE_ENTRIES);
        assertThat(first.committedEntries()).isEmpty();
        assertThat(node.raw().hasReady()).as("one range at a time").isFalse();

        assertThat(node.raw().step(work.getResponses(0))).isEqualTo(StepOutcome.TAKEN);
        assertThat(node.raw().appliedIndex()).isEqualTo(Readiness.MAX_RANGE_ENTRIES);
        node.log().evictUpTo(length - 3);
        Message rest = work(node.raw().ready(), RawNode.APPLY_THREAD);
        assertThat(rest.getIndex()).isEqualTo(Readiness.MAX_RANGE_ENTRIES + 1);
        assertThat(rest.getCommit()).isEqualTo(length);
        node.raw().step(rest.getResponses(0));
        assertThat(node.raw().appliedIndex()).isEqualTo(length);
    }

    @Test
    void anAnswerForWorkThatWasNeverGivenIsRefused() {
        TestNode node = node(config -> config);
        node.raw().step(append("n2", "n1", 1, after(0, 0), 1, 1));
        node.settle();
        Message invented = Messages.message(MessageType.MSG_STORAGE_APPLY_RESPONSE, RawNode.APPLY_THREAD, "n1", 0)
                .setIndex(7)
                .build();
        assertThat(node.raw().step(invented)).isEqualTo(StepOutcome.REFUSED);
        assertThat(node.raw().appliedIndex()).isEqualTo(1);
    }

    /**
     * Else it could forget its term and a part of its log, and be elected by the same answers once more: two logs with other
     * entries of one index and term, or a leader without what is committed.
     */
    @Test
    void votesAreAskedForOnceTermAndLogAreDurable() {
        TestNode node = node(config -> config);
        node.raw().campaign();
        Ready ready = node.raw().ready();
        assertThat(only(ready.messages(), MessageType.MSG_VOTE)).isEmpty();
        Message work = work(ready, RawNode.APPEND_THREAD);
        assertThat(work.getTerm()).isEqualTo(1);
        assertThat(only(work.getResponsesList(), MessageType.MSG_VOTE))
                .extracting(Message::getTo)
                .containsExactly("n2", "n3");
    }

    @Test
    void aLeaderSendsWhileItsOwnDiskIsBusy() {
        TestNode leader = node(config -> config);
        leader.raw().campaign();
        leader.settle();
        leader.raw().step(Messages.voted("n2", "n1", 1, true));
        List<Message> sent = new ArrayList<>();
        leader.takeReady(sent);
        assertThat(only(sent, MessageType.MSG_APPEND)).hasSize(2);
        leader.raw().step(acknowledge("n2", "n1", 1, 1));
        leader.raw().step(acknowledge("n3", "n1", 1, 1));
        assertThat(leader.raw().commitIndex())
                .as("two of three have it, with or without the leader")
                .isEqualTo(1);
        assertThat(leader.applied())
                .as("which applies it once its own disk has it")
                .isEmpty();
        leader.settle();
        assertThat(leader.applied()).hasSize(1);
    }

    @Test
    void advanceBelongsToPlainModeAlone() {
        TestNode node = node(config -> config);
        assertThatThrownBy(() -> node.raw().advance())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("plain mode");
    }
}
