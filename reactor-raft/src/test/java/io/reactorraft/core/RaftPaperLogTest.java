package io.reactorraft.core;

import static io.reactorraft.core.Messages.acknowledge;
import static io.reactorraft.core.Messages.after;
import static io.reactorraft.core.Messages.append;
import static io.reactorraft.core.Messages.entries;
import static io.reactorraft.core.Messages.only;
import static io.reactorraft.core.Messages.single;
import static io.reactorraft.core.Messages.vote;
import static io.reactorraft.core.PaperNodes.THREE;
import static io.reactorraft.core.PaperNodes.leader;
import static io.reactorraft.core.PaperNodes.node;
import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.proto.Entry;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** As {@link RaftPaperTest}: the sentences on the log, on safety, and on what must be durable. */
class RaftPaperLogTest {

    // ----------------------------------------------------------------------------------------- 5.3 Log replication

    /** §5.3: "The leader appends the command to its log as a new entry, then issues AppendEntries RPCs in parallel". */
    @Test
    void aBatchOfProposalsIsOneMessageToEachFollower() {
        TestNode leader = leader(3);
        leader.settle();
        leader.raw().step(acknowledge("n2", "n1", 1, 1));
        leader.raw().step(acknowledge("n3", "n1", 1, 1));
        leader.settle();
        leader.propose("a", "b", "c");
        List<Message> appends = only(leader.settle(), MessageType.MSG_APPEND);
        assertThat(appends).extracting(Message::getTo).containsExactly("n2", "n3");
        assertThat(appends).allSatisfy(append -> {
            assertThat(append.getIndex()).isEqualTo(1);
            assertThat(append.getLogTerm()).isEqualTo(1);
            assertThat(append.getEntriesList()).extracting(Entry::getIndex).containsExactly(2L, 3L, 4L);
        });
    }

    /** §5.3: "A log entry is committed once the leader ... has replicated it on a majority of the servers". */
    @ParameterizedTest
    @CsvSource({
        "1, '', true",
        "3, '', false",
        "3, n2, true",
        "3, n2 n3, true",
        "5, n2, false",
        "5, n2 n5, true",
        "5, n2 n3 n4 n5, true"
    })
    void anEntryOnAMajorityIsCommitted(int members, String acknowledging, boolean committed) {
        TestNode leader = leader(members);
        leader.settle();
        for (String id : acknowledging.isEmpty() ? new String[0] : acknowledging.split(" ")) {
            leader.raw().step(acknowledge(id, "n1", 1, 1));
        }
        leader.settle();
        assertThat(leader.raw().commitIndex()).isEqualTo(committed ? 1 : 0);
    }

    /** The leader is one of the majority only when its own disk has the entry. */
    @Test
    void theLeadersOwnEntryCountsOnceItIsDurable() {
        TestNode leader = leader(3);
        leader.raw().step(acknowledge("n2", "n1", 1, 1));
        assertThat(leader.raw().commitIndex()).as("n2 alone").isZero();
        leader.settle();
        assertThat(leader.raw().commitIndex()).isEqualTo(1);
    }

    /** §5.3: committing "also commits all preceding entries in the leader's log, including entries created by previous
     * leaders". */
    @Test
    void whatWasThereBeforeIsCommittedWithIt() {
        TestNode leader = leader(3, 1, 2);
        leader.settle();
        leader.raw().step(acknowledge("n2", "n1", 3, 3));
        leader.settle();
        assertThat(leader.raw().commitIndex()).isEqualTo(3);
        assertThat(leader.applied()).extracting(Entry::getTerm).containsExactly(1L, 2L, 3L);
    }

    /** §5.3: "Once a follower learns that a log entry is committed, it applies the entry to its local state machine (in
     * log order)". */
    @Test
    void aFollowerAppliesWhatItsLeaderHasCommitted() {
        TestNode follower = node(3);
        follower.raw().step(append("n2", "n1", 1, after(0, 0), 0, 1, 1, 1));
        follower.settle();
        assertThat(follower.applied()).isEmpty();
        follower.raw().step(append("n2", "n1", 1, after(3, 1), 2));
        follower.settle();
        assertThat(follower.applied()).isEqualTo(entries(1, 1, 1));
    }

    /** Figure 2: "set commitIndex = min(leaderCommit, index of last new entry)": what lies behind it was not compared. */
    @Test
    void aFollowerCommitsNoFurtherThanTheMessageReaches() {
        TestNode follower = node(3, 1, 1, 1, 1);
        follower.raw().step(append("n2", "n1", 2, after(1, 1), 4, 1));
        assertThat(follower.raw().commitIndex()).isEqualTo(2);
        assertThat(follower.raw().lastIndex())
                .as("nothing conflicts, nothing goes")
                .isEqualTo(4);
        assertThat(single(follower.settle(), MessageType.MSG_APPEND_RESPONSE, "n2")
                        .getIndex())
                .as("only what was compared is acknowledged")
                .isEqualTo(2);
    }

    /** §5.3: "If the follower does not find an entry in its log with the same index and term, then it refuses". */
    @ParameterizedTest
    @CsvSource({
        "0, 0, false",
        "1, 1, false",
        "2, 2, false",
        "3, 3, true", // nothing there
        "2, 1, true", // another one there
        "2, 3, true"
    })
    void anAppendBehindAnEntryThatIsNotThereIsRefused(long index, long term, boolean refused) {
        TestNode follower = node(3, 1, 2);
        follower.raw().step(append("n2", "n1", 3, after(index, term), 0));
        Message response = single(follower.settle(), MessageType.MSG_APPEND_RESPONSE, "n2");
        assertThat(response.getReject()).isEqualTo(refused);
        assertThat(response.getIndex()).isEqualTo(index);
    }

    /** Figure 2: "If an existing entry conflicts with a new one (same index but different terms), delete the existing
     * entry and all that follow it. Append any new entries not already in the log". */
    @ParameterizedTest
    @CsvSource({
        "2, 2, '3', '1 2 3'",
        "1, 1, '3 4', '1 3 4'",
        "0, 0, '1', '1 2'", // a late message takes nothing away
        "0, 0, '3', '3'",
        "1, 1, '2 3', '1 2 3'"
    })
    void aConflictingSuffixIsReplaced(long index, long term, String appended, String result) {
        TestNode follower = node(3, 1, 2);
        follower.raw().step(append("n2", "n1", 4, after(index, term), 0, terms(appended)));
        follower.settle();
        assertThat(follower.log().all()).extracting(Entry::getTerm).containsExactlyElementsOf(boxed(terms(result)));
    }

    /** What is committed matches every leader's log, so there is nothing to compare any more. */
    @Test
    void anAppendBelowTheCommitIndexIsAnsweredWithTheCommitIndex() {
        TestNode follower = node(3);
        follower.raw().step(append("n2", "n1", 1, after(0, 0), 3, 1, 1, 1));
        follower.settle();
        follower.log().compact(2, follower.members());
        for (long previous = 0; previous < 3; previous++) {
            follower.raw().step(append("n2", "n1", 1, after(previous, previous == 0 ? 0 : 1), 3, 1));
            Message response = single(follower.settle(), MessageType.MSG_APPEND_RESPONSE, "n2");
            assertThat(response.getReject()).isFalse();
            assertThat(response.getIndex()).isEqualTo(3);
        }
        assertThat(follower.raw().lastIndex()).isEqualTo(3);
    }

    private static long[] terms(String list) {
        return Arrays.stream(list.split(" ")).mapToLong(Long::parseLong).toArray();
    }

    private static List<Long> boxed(long[] terms) {
        return Arrays.stream(terms).boxed().toList();
    }

    /** Figure 7: whatever the followers' logs look like, the leader makes them like its own. */
    @ParameterizedTest
    @CsvSource({
        "a, '1 1 1 4 4 5 5 6 6'",
        "b, '1 1 1 4'",
        "c, '1 1 1 4 4 5 5 6 6 6 6'",
        "d, '1 1 1 4 4 5 5 6 6 6 7 7'",
        "e, '1 1 1 4 4 4 4'",
        "f, '1 1 1 2 2 2 3 3 3 3 3'"
    })
    void theLeaderMakesEveryLogOfFigure7LikeItsOwn(String name, String followerTerms) {
        Cluster cluster = Cluster.of(3, config -> config.preVote(false).checkQuorum(false));
        long[] leaderTerms = terms("1 1 1 4 4 5 5 6 6 6");
        preload(cluster.node(1), leaderTerms);
        preload(cluster.node(2), terms(followerTerms));
        preload(cluster.node(3), leaderTerms);
        cluster.lose(message -> message.getFrom().equals("n2") && message.getType() == MessageType.MSG_VOTE_RESPONSE);
        TestNode leader = cluster.elect(1);
        cluster.heal();
        leader.propose("new");
        cluster.settle();
        assertThat(cluster.node(2).log().all())
                .as(name)
                .isEqualTo(leader.log().all())
                .hasSize(12);
        assertThat(cluster.node(2).raw().commitIndex()).isEqualTo(12);
    }

    private static void preload(TestNode node, long[] terms) {
        node.log().append(entries(1, terms));
        node.log().hardState(HardState.newBuilder().setTerm(7).build());
        node.restart();
    }

    /** §5.3: "the protocol can be optimized to reduce the number of rejected AppendEntries RPCs": one a term at most. */
    @Test
    void aLongDivergenceIsFoundInOneRoundForEachTerm() {
        Cluster cluster = Cluster.of(3, config -> config.preVote(false).checkQuorum(false));
        long[] shared = new long[50];
        Arrays.fill(shared, 1);
        long[] ours = Arrays.copyOf(shared, 250);
        Arrays.fill(ours, 50, 250, 5);
        long[] theirs = Arrays.copyOf(shared, 150);
        Arrays.fill(theirs, 50, 150, 3);
        preload(cluster.node(1), ours);
        preload(cluster.node(2), theirs);
        preload(cluster.node(3), ours);
        int[] rejections = {0};
        cluster.lose(message -> {
            rejections[0] += message.getType() == MessageType.MSG_APPEND_RESPONSE && message.getReject() ? 1 : 0;
            return false;
        });
        cluster.elect(1);
        assertThat(cluster.node(2).log().all()).hasSize(251);
        assertThat(rejections[0]).isBetween(1, 3);
    }

    /** §5.3: the leader "retries AppendEntries RPCs indefinitely ... until all followers eventually store all". */
    @Test
    void whatWasLostIsSentAgain() {
        Cluster cluster = Cluster.of(3);
        TestNode leader = cluster.elect(1);
        cluster.lose(message -> message.getTo().equals("n3"));
        leader.propose("a");
        leader.propose("b");
        cluster.settle();
        cluster.heal();
        for (int i = 0; i < 5; i++) {
            cluster.tick();
        }
        assertThat(cluster.node(3).commands()).containsExactly("a", "b");
    }

    // -------------------------------------------------------------------------------------------------- 5.4 Safety

    /** §5.4.1: "the voter denies its vote if its own log is more up-to-date than that of the candidate". */
    @ParameterizedTest
    @CsvSource({
        "2, 2, true", // the same
        "3, 2, true", // longer
        "1, 2, false", // shorter
        "1, 3, true", // of a later term
        "9, 1, false" // long, but of an earlier term
    })
    void onlyACandidateThatIsUpToDateGetsAVote(long lastIndex, long lastTerm, boolean granted) {
        TestNode voter = node(3, 1, 2);
        voter.raw().step(vote("n2", "n1", 4, lastIndex, lastTerm));
        Message response = single(voter.settle(), MessageType.MSG_VOTE_RESPONSE, "n2");
        assertThat(response.getReject()).isEqualTo(!granted);
        assertThat(voter.log().hardState().getVote()).isEqualTo(granted ? "n2" : "");
        assertThat(voter.raw().term()).as("the term is adopted either way").isEqualTo(4);
    }

    /** §5.4.2, figure 8: "Raft never commits log entries from previous terms by counting replicas". */
    @Test
    void entriesOfEarlierTermsAreNotCommittedByCounting() {
        TestNode leader = leader(3, 1, 2);
        leader.settle();
        leader.raw().step(acknowledge("n2", "n1", 3, 2));
        leader.raw().step(acknowledge("n3", "n1", 3, 2));
        leader.settle();
        assertThat(leader.raw().commitIndex()).as("on all three, yet of term 2").isZero();
        leader.raw().step(acknowledge("n2", "n1", 3, 3));
        leader.settle();
        assertThat(leader.raw().commitIndex()).isEqualTo(3);
    }

    // ------------------------------------------------------------------------------ figure 2, Persistent state; §8

    /** Figure 2: "(Updated on stable storage before responding to RPCs)". */
    @Test
    void nothingIsPromisedBeforeItIsDurable() {
        TestNode node =
                new TestNode("n1", THREE, config -> config.preVote(false).asyncStorageWrites(true));
        node.raw().step(vote("n2", "n1", 1, 0, 0));
        List<Message> sent = new ArrayList<>();
        node.takeReady(sent);
        assertThat(sent).as("before the vote is durable").isEmpty();
        node.doAppendWork(sent);
        assertThat(node.log().hardState().getVote()).isEqualTo("n2");
        assertThat(sent).extracting(Message::getType).containsExactly(MessageType.MSG_VOTE_RESPONSE);

        sent.clear();
        node.raw().step(append("n2", "n1", 1, after(0, 0), 0, 1));
        node.takeReady(sent);
        assertThat(sent).as("before the entry is durable").isEmpty();
        node.doAppendWork(sent);
        assertThat(node.log().lastIndex()).isEqualTo(1);
        assertThat(sent).extracting(Message::getType).containsExactly(MessageType.MSG_APPEND_RESPONSE);
    }

    /** A candidate's own vote is a promise like any other. */
    @Test
    void aCandidateCountsItsOwnVoteOnceItIsDurable() {
        TestNode node = new TestNode(
                "n1", List.of("n1"), config -> config.preVote(false).asyncStorageWrites(true));
        node.raw().campaign();
        List<Message> sent = new ArrayList<>();
        node.takeReady(sent);
        assertThat(node.raw().role()).isEqualTo(RaftRole.CANDIDATE);
        node.doAppendWork(sent);
        assertThat(node.raw().role()).isEqualTo(RaftRole.LEADER);
    }

    /** §8: "a blank no-op entry into the log at the start of its term". */
    @Test
    void aNewLeaderAppendsAnEmptyEntryOfItsTerm() {
        TestNode leader = leader(3, 1, 2);
        Message append = only(leader.settle(), MessageType.MSG_APPEND).get(0);
        assertThat(append.getIndex()).isEqualTo(2);
        assertThat(append.getEntriesList()).singleElement().satisfies(entry -> {
            assertThat(entry.getTerm()).isEqualTo(3);
            assertThat(entry.getData().isEmpty()).isTrue();
        });
    }
}
