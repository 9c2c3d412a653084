package io.reactorraft.core;

import static io.reactorraft.core.Messages.acknowledge;
import static io.reactorraft.core.Messages.heartbeatResponse;
import static io.reactorraft.core.Messages.only;
import static io.reactorraft.core.Messages.reject;
import static io.reactorraft.core.Messages.single;
import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.core.Status.PeerProgress;
import io.reactorraft.core.Status.ProgressState;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** How a leader keeps its followers busy without flooding them, and what it does where entries are not in memory. */
class ReplicationTest {

    /** A leader of three in term 1, whose first entry n2 has. */
    private static TestNode leader(UnaryOperator<CoreConfig.Builder> options) {
        TestNode leader = new TestNode("n1", PaperNodes.THREE, config -> options.apply(config.preVote(false)));
        leader.raw().campaign();
        leader.settle();
        leader.raw().step(Messages.voted("n2", "n1", 1, true));
        leader.settle();
        leader.raw().step(acknowledge("n2", "n1", 1, 1));
        leader.settle();
        return leader;
    }

    private static PeerProgress progress(TestNode leader, String id) {
        return Objects.requireNonNull(leader.raw().status().progress().get(id), id);
    }

    private static List<Message> appendsTo(String id, List<Message> messages) {
        return only(messages, MessageType.MSG_APPEND).stream()
                .filter(message -> message.getTo().equals(id))
                .toList();
    }

    @Test
    void aFollowerThatWasNeverHeardIsProbedOnce() {
        TestNode leader = leader(config -> config);
        leader.propose("a");
        leader.propose("b");
        assertThat(appendsTo("n3", leader.settle()))
                .as("the probe with entry 1 is on its way")
                .isEmpty();
        leader.raw().step(heartbeatResponse("n3", "n1", 1));
        assertThat(appendsTo("n3", leader.settle())).hasSize(1);
    }

    @Test
    void aWindowOfMessagesIsSentAheadAndNoMore() {
        TestNode leader = leader(config -> config.maxInflightMessages(3));
        List<Message> sent = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            leader.propose("entry");
            sent.addAll(appendsTo("n2", leader.settle()));
        }
        assertThat(sent).extracting(Message::getIndex).containsExactly(1L, 2L, 3L);
        assertThat(progress(leader, "n2").paused()).isTrue();
        assertThat(progress(leader, "n2").inflight()).isEqualTo(3);

        leader.raw().step(acknowledge("n2", "n1", 1, 2));
        assertThat(appendsTo("n2", leader.settle()).get(0).getEntriesList())
                .as("all that has gathered goes with the next one")
                .extracting(Entry::getIndex)
                .containsExactly(5L, 6L);
    }

    @Test
    void aWindowOfBytesToo() {
        TestNode leader = leader(config -> config.maxInflightBytes(10));
        leader.propose("12345");
        leader.propose("12345");
        assertThat(appendsTo("n2", leader.settle())).hasSize(2);
        leader.propose("12345");
        assertThat(appendsTo("n2", leader.settle())).isEmpty();
    }

    /** L14 of the usual faults: all that filled the window may be lost. */
    @Test
    void aFullWindowIsProbedWithAnEmptyAppendAfterEachSignOfLife() {
        TestNode leader = leader(config -> config.maxInflightMessages(1));
        leader.propose("a");
        leader.propose("b");
        leader.settle();
        for (int i = 0; i < 3; i++) {
            leader.raw().step(heartbeatResponse("n2", "n1", 1));
            Message probe = single(leader.settle(), MessageType.MSG_APPEND, "n2");
            assertThat(probe.getEntriesCount()).isZero();
            assertThat(probe.getIndex()).isEqualTo(2);
        }
        leader.raw().step(reject("n2", "n1", 1, 2, 1));
        assertThat(single(leader.settle(), MessageType.MSG_APPEND, "n2").getEntriesList())
                .extracting(Entry::getIndex)
                .containsExactly(2L, 3L);
    }

    @Test
    void aMessageIsLimitedInBytesButHoldsOneEntry() {
        TestNode leader = leader(config -> config.maxMessageBytes(30));
        leader.propose("0123456789", "0123456789", "0123456789");
        leader.propose("a long one, of far more than thirty bytes in all");
        List<Message> appends = appendsTo("n2", leader.settle());
        leader.raw().step(acknowledge("n2", "n1", 1, 2));
        appends = new ArrayList<>(appends);
        appends.addAll(appendsTo("n2", leader.settle()));
        assertThat(appends)
                .hasSizeGreaterThan(2)
                .allSatisfy(append -> assertThat(
                                append.getEntriesCount() <= 1 || EntrySize.SERIALIZED.of(append.getEntriesList()) <= 30)
                        .isTrue());
        assertThat(appends.stream().flatMap(append -> append.getEntriesList().stream()))
                .extracting(Entry::getIndex)
                .containsExactly(2L, 3L, 4L, 5L);
    }

    @Test
    void zeroBytesMeanOneEntryAMessage() {
        TestNode leader = leader(config -> config.maxMessageBytes(0));
        leader.propose("a", "b", "c");
        leader.settle();
        leader.raw().step(acknowledge("n2", "n1", 1, 2));
        List<Message> appends = appendsTo("n2", leader.settle());
        assertThat(appends)
                .allSatisfy(append -> assertThat(append.getEntriesCount()).isLessThanOrEqualTo(1));
        assertThat(appends).extracting(Message::getEntriesCount).contains(1);
    }

    @Test
    void anUnreachableFollowerIsProbedAgain() {
        TestNode leader = leader(config -> config);
        leader.propose("a");
        leader.settle();
        assertThat(progress(leader, "n2").state()).isEqualTo(ProgressState.REPLICATE);
        leader.raw().reportUnreachable("n2");
        assertThat(progress(leader, "n2").state()).isEqualTo(ProgressState.PROBE);
        assertThat(progress(leader, "n2").next()).isEqualTo(2);
        leader.raw().reportUnreachable("stranger");
    }

    /** L13 of the usual faults: it has all there is, so nothing else would ever bring it back. */
    @Test
    void aProbedFollowerThatHasEverythingReplicatesAgain() {
        TestNode leader = leader(config -> config);
        leader.raw().reportUnreachable("n2");
        leader.raw().step(heartbeatResponse("n2", "n1", 1));
        assertThat(single(leader.settle(), MessageType.MSG_APPEND, "n2").getEntriesCount())
                .isZero();
        leader.raw().step(acknowledge("n2", "n1", 1, 1));
        assertThat(progress(leader, "n2").state()).isEqualTo(ProgressState.REPLICATE);
    }

    /** L05 of the usual faults: a heartbeat does not compare logs. */
    @Test
    void aHeartbeatCommitsNoMoreThanIsKnownToMatch() {
        TestNode leader = leader(config -> config);
        leader.propose("a");
        leader.settle();
        leader.raw().step(acknowledge("n2", "n1", 1, 2));
        leader.settle();
        leader.tick(1);
        List<Message> heartbeats = only(leader.settle(), MessageType.MSG_HEARTBEAT);
        assertThat(heartbeats).extracting(Message::getCommit).containsExactly(2L, 0L);
    }

    /** L21 of the usual faults. */
    @Test
    void aFollowerIsToldTheCommitIndexItMayLack() {
        TestNode leader = leader(config -> config);
        leader.raw().step(acknowledge("n3", "n1", 1, 1));
        assertThat(appendsTo("n3", leader.settle()))
                .as("entry 1 was committed after it was sent")
                .extracting(Message::getCommit)
                .containsExactly(1L);
        leader.raw().step(acknowledge("n3", "n1", 1, 1));
        assertThat(appendsTo("n3", leader.settle())).as("and once is enough").isEmpty();
    }

    /** L10 and L12 of the usual faults. */
    @Test
    void staleAnswersTakeNothingBack() {
        TestNode leader = leader(config -> config);
        leader.propose("a");
        leader.settle();
        leader.raw().step(acknowledge("n2", "n1", 1, 2));
        leader.raw().step(acknowledge("n2", "n1", 1, 1));
        leader.raw().step(reject("n2", "n1", 1, 1, 0));
        assertThat(progress(leader, "n2").match()).isEqualTo(2);
        assertThat(progress(leader, "n2").next()).isEqualTo(3);
        assertThat(progress(leader, "n2").state()).isEqualTo(ProgressState.REPLICATE);
    }

    /** E21 of the usual faults. */
    @Test
    void anAcknowledgementOfAnEarlierTermCountsForNothing() {
        TestNode leader = PaperNodes.leader(3, 1, 2);
        leader.settle();
        leader.raw().step(acknowledge("n2", "n1", 2, 3));
        leader.settle();
        assertThat(leader.raw().commitIndex()).isZero();
        assertThat(progress(leader, "n2").match()).isZero();
    }

    // ------------------------------------------------------------------------------ entries that are not in memory

    /** Entries 1 to 4, of which n3 has none, are on disk alone; what was sent and what is to be read. */
    private static TestNode leaderWithEntriesOnDiskAlone() {
        TestNode leader = leader(config -> config);
        leader.propose("a", "b", "c");
        leader.settle();
        leader.log().evictUpTo(4);
        return leader;
    }

    private static LogRead readFor(TestNode leader, Message message) {
        leader.raw().step(message);
        Ready ready = leader.raw().ready();
        leader.raw().advance();
        assertThat(appendsTo("n3", ready.messages())).as("it waits for the log").isEmpty();
        assertThat(ready.logReads()).hasSize(1);
        return ready.logReads().get(0);
    }

    @Test
    void whatIsNotInMemoryIsAskedForOnceAndSentWhenItIsThere() {
        TestNode leader = leaderWithEntriesOnDiskAlone();
        LogRead read = readFor(
                leader, reject("n3", "n1", 1, 0, 0).toBuilder().setIndex(0).build());
        assertThat(read.peerId()).isEqualTo("n3");
        assertThat(read.from()).isEqualTo(1);
        assertThat(read.to()).isEqualTo(5);

        leader.raw().step(heartbeatResponse("n3", "n1", 1));
        leader.propose("d");
        Ready meanwhile = leader.raw().ready();
        leader.raw().advance();
        assertThat(meanwhile.logReads()).as("one is enough").isEmpty();

        leader.raw().logRead(read, leader.log().read(1, 4, 0));
        assertThat(appendsTo("n3", leader.raw().ready().messages()))
                .singleElement()
                .satisfies(append -> {
                    assertThat(append.getIndex()).isZero();
                    assertThat(append.getEntriesList())
                            .extracting(Entry::getIndex)
                            .containsExactly(1L, 2L, 3L);
                });
    }

    @Test
    void whatCannotBeReadNowIsAskedForAgain() {
        TestNode leader = leaderWithEntriesOnDiskAlone();
        LogRead read = readFor(leader, heartbeatResponse("n3", "n1", 1));
        leader.raw().logRead(read, List.of());
        assertThat(leader.raw().hasReady())
                .as("not at once: the disk has trouble")
                .isFalse();
        assertThat(readFor(leader, heartbeatResponse("n3", "n1", 1))).isEqualTo(read);
    }

    @Test
    void whatIsNotWantedAnyMoreIsNotSent() {
        TestNode leader = leaderWithEntriesOnDiskAlone();
        LogRead read = readFor(leader, heartbeatResponse("n3", "n1", 1));
        leader.raw().step(acknowledge("n3", "n1", 1, 2));
        leader.settle();
        leader.log().evictUpTo(0);
        leader.raw().logRead(read, leader.log().read(1, 5, 0));
        assertThat(appendsTo("n3", leader.settle()))
                .as("from where it is now")
                .allSatisfy(append -> assertThat(append.getIndex()).isGreaterThanOrEqualTo(2));
    }

    @Test
    void entriesThatAreNoLongerInTheLogAreNotSent() {
        TestNode leader = leaderWithEntriesOnDiskAlone();
        LogRead read = readFor(leader, heartbeatResponse("n3", "n1", 1));
        leader.log().evictUpTo(0);
        leader.raw().logRead(read, Messages.entries(1, 7, 7, 7, 7));
        List<Message> appends = appendsTo("n3", leader.settle());
        assertThat(appends)
                .singleElement()
                .satisfies(append -> assertThat(append.getEntriesList())
                        .extracting(Entry::getTerm)
                        .containsOnly(1L));
    }

    @Test
    void aReadOfAnEarlierTermOrOfAStrangerIsIgnored() {
        TestNode leader = leaderWithEntriesOnDiskAlone();
        LogRead read = readFor(leader, heartbeatResponse("n3", "n1", 1));
        leader.raw().logRead(new LogRead("stranger", 1, 2, 1), leader.log().read(1, 2, 0));
        leader.raw().logRead(new LogRead("n3", 1, 3, 1), leader.log().read(1, 2, 0));
        assertThat(leader.raw().hasReady()).isFalse();
        leader.raw().step(Messages.heartbeat("n2", "n1", 2, 0));
        leader.settle();
        leader.raw().logRead(read, leader.log().read(1, 5, 0));
        assertThat(leader.raw().hasReady()).isFalse();
    }

    @Test
    void aFollowerWhoseEntriesWereCompactedMeanwhileGetsTheSnapshot() {
        TestNode leader = leaderWithEntriesOnDiskAlone();
        leader.log().evictUpTo(0);
        leader.raw().step(acknowledge("n2", "n1", 1, 4));
        leader.settle();
        leader.log().evictUpTo(4);
        LogRead read = readFor(leader, heartbeatResponse("n3", "n1", 1));
        leader.log().compact(4, leader.members());
        leader.raw().logRead(read, List.of());
        leader.raw().step(heartbeatResponse("n3", "n1", 1));
        assertThat(only(leader.settle(), MessageType.MSG_SNAPSHOT)).hasSize(1);
    }

    @Test
    void aFollowerThatHasEverythingIsNotSentAnything() {
        TestNode leader = leader(config -> config);
        leader.tick(1);
        leader.settle();
        leader.raw().step(heartbeatResponse("n2", "n1", 1));
        assertThat(appendsTo("n2", leader.settle())).isEmpty();
    }

    /** It counts from the entry before the ones that were read. */
    @Test
    void whatWasReadNamesTheEntryBeforeIt() {
        TestNode leader = PaperNodes.leader(3, 1, 2, 3);
        leader.settle();
        leader.log().evictUpTo(3);
        LogRead read = readFor(
                leader, reject("n3", "n1", 4, 3, 1).toBuilder().setLogTerm(1).build());
        assertThat(read.from()).isEqualTo(2);
        leader.raw().logRead(read, leader.log().read(2, 4, 0));
        assertThat(appendsTo("n3", leader.raw().ready().messages())).first().satisfies(append -> {
            assertThat(append.getIndex()).isEqualTo(1);
            assertThat(append.getLogTerm()).isEqualTo(1);
        });
    }

    @Test
    void whatAnEarlierTermWantedToReadIsForgotten() {
        TestNode leader = leaderWithEntriesOnDiskAlone();
        leader.raw().step(heartbeatResponse("n3", "n1", 1));
        assertThat(leader.raw().hasReady()).isTrue();
        leader.raw().step(Messages.heartbeat("n2", "n1", 2, 0));
        assertThat(leader.raw().ready().logReads()).isEmpty();
    }
}
