package io.reactorraft.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.EntryType;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import io.reactorraft.proto.SnapshotMetadata;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever comes in, nothing may throw, and nothing may grow without bound. */
class HostileMessagesTest {

    private static final int SEEDS = 400;
    private static final int MESSAGES = 300;
    private static final List<String> SENDERS =
            List.of("n1", "n2", "n3", "n2", "n3", "n2", "n3", "n2", "n3", "n2", "n3", "stranger", "", "AppendThread");

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void noMessageMakesANodeThrow(boolean async) {
        long taken = 0;
        for (int seed = 0; seed < SEEDS; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            TestNode node = node(random, async);
            List<Message> received = new ArrayList<>();
            try {
                for (int i = 0; i < MESSAGES; i++) {
                    Message message = anyMessage(random, node.raw());
                    received.add(message);
                    taken += node.raw().step(message) == StepOutcome.TAKEN ? 1 : 0;
                    disturb(random, node);
                }
            } catch (RuntimeException | AssertionError broken) {
                fail(
                        "seed " + seed + ": message " + received.size() + " of type "
                                + received.get(received.size() - 1) + " broke the node",
                        broken);
            }
        }
        assertThat(taken).as("messages that got through").isGreaterThan(SEEDS * MESSAGES / 10);
    }

    private static TestNode node(SplittableRandom random, boolean async) {
        ConfState members = ConfState.newBuilder()
                .addAllVoters(List.of("n1", "n2", "n3"))
                .addLearners("n4")
                .build();
        boolean preVote = random.nextBoolean();
        boolean checkQuorum = random.nextBoolean();
        TestNode node = new TestNode(
                "n1",
                members,
                random.nextInt(3),
                config -> config.asyncStorageWrites(async)
                        .preVote(preVote)
                        .checkQuorum(checkQuorum)
                        .electionTicks(3)
                        .maxInflightMessages(4));
        if (random.nextBoolean()) {
            elect(node);
        }
        return node;
    }

    private static void elect(TestNode node) {
        node.raw().campaign();
        for (MessageType type : List.of(MessageType.MSG_PRE_VOTE_RESPONSE, MessageType.MSG_VOTE_RESPONSE)) {
            node.settle();
            node.raw()
                    .step(Message.newBuilder()
                            .setType(type)
                            .setFrom("n2")
                            .setTo("n1")
                            .setTerm(1)
                            .build());
        }
        node.settle();
    }

    private static void disturb(SplittableRandom random, TestNode node) {
        switch (random.nextInt(8)) {
            case 0 -> node.raw().tick();
            case 1 -> node.propose("x", "y");
            case 2 -> node.raw().reportSnapshot("n2", random.nextBoolean());
            case 3 -> node.raw().transferLeadership(random.nextBoolean() ? "n3" : "n4");
            default -> node.settle();
        }
    }

    private static Message anyMessage(SplittableRandom random, RawNode raw) {
        MessageType[] types = MessageType.values();
        Message.Builder message = Message.newBuilder()
                .setFrom(SENDERS.get(random.nextInt(SENDERS.size())))
                .setTo(random.nextInt(50) == 0 ? "n2" : "n1")
                .setTerm(anyNumber(random, raw.term() + (random.nextInt(4) == 0 ? 1 : 0)))
                .setIndex(anyNumber(random, raw.lastIndex()))
                .setLogTerm(anyNumber(random, raw.term()))
                .setCommit(anyNumber(random, raw.commitIndex()))
                .setReject(random.nextInt(4) == 0)
                .setRejectHint(anyNumber(random, raw.lastIndex()))
                .setKnownCommit(anyNumber(random, raw.lastIndex()))
                .setKnownCommitTerm(anyNumber(random, raw.term()))
                .setContext(ByteString.copyFrom(new byte[random.nextInt(12)]));
        MessageType type = types[random.nextInt(types.length)];
        message.setTypeValue(type == MessageType.UNRECOGNIZED ? 4711 : type.getNumber());
        if (type == MessageType.MSG_PROPOSE || type == MessageType.MSG_READ_INDEX) {
            message.clearTerm();
        }
        int entries = random.nextInt(4);
        long index = random.nextInt(8) > 0 ? message.getIndex() : anyNumber(random, raw.lastIndex());
        for (int i = 0; i < entries; i++) {
            message.addEntries(Entry.newBuilder()
                    .setIndex(++index)
                    .setTerm(random.nextInt(8) > 0 ? message.getTerm() : anyNumber(random, raw.term()))
                    .setTypeValue(random.nextInt(5) == 0 ? random.nextInt(5) : EntryType.ENTRY_NORMAL_VALUE)
                    .setData(ByteString.copyFrom(new byte[] {(byte) random.nextInt(), 2, 1})));
        }
        if (random.nextInt(3) == 0) {
            message.setSnapshot(SnapshotMetadata.newBuilder()
                    .setIndex(anyNumber(random, raw.lastIndex()))
                    .setTerm(anyNumber(random, raw.term()))
                    .setConfState(ConfState.newBuilder()
                            .addVoters(random.nextBoolean() ? "n1" : "n2")
                            .addLearners(random.nextInt(3) == 0 ? "n2" : "n3")
                            .setAutoLeave(random.nextInt(5) == 0)));
        }
        // What the storage threads of this very node would say is believed, as the transport lets nobody else say it.
        boolean isStorageAnswer = type == MessageType.MSG_STORAGE_APPEND_RESPONSE;
        return isStorageAnswer ? message.setFrom("n2").build() : message.build();
    }

    private static long anyNumber(SplittableRandom random, long around) {
        return switch (random.nextInt(120)) {
            case 0 -> 0;
            case 1 -> Long.MAX_VALUE;
            case 2 -> -1;
            case 3 -> Long.MIN_VALUE;
            case 4 -> 1L << 40;
            case 5, 6, 7, 8 -> Math.max(0, around + random.nextInt(5) - 2);
            default -> around;
        };
    }

    @ParameterizedTest
    @EnumSource(
            value = MessageType.class,
            names = {
                "MSG_HUP",
                "MSG_BEAT",
                "MSG_UNREACHABLE",
                "MSG_SNAPSHOT_STATUS",
                "MSG_CHECK_QUORUM",
                "MSG_FORGET_LEADER",
                "MSG_STORAGE_APPEND",
                "MSG_STORAGE_APPEND_RESPONSE",
                "MSG_STORAGE_APPLY",
                "MSG_STORAGE_APPLY_RESPONSE"
            })
    void localMessagesFromOutsideAreRefused(MessageType local) {
        TestNode node = Cluster.of(3).node(1);
        Message message = Message.newBuilder()
                .setType(local)
                .setFrom("n2")
                .setTo("n1")
                .setTerm(1)
                .build();
        assertThat(node.raw().step(message)).isEqualTo(StepOutcome.REFUSED);
        assertThat(node.raw().hasReady()).isFalse();
    }

    @Test
    void readsThatWaitAreBounded() {
        TestNode leader = Cluster.of(3, config -> config.maxPendingReads(10)).elect(1);
        List<StepOutcome> outcomes = IntStream.range(0, 12)
                .mapToObj(i -> leader.raw().step(read("n2", "read " + i)))
                .toList();
        assertThat(outcomes.subList(0, 10)).containsOnly(StepOutcome.TAKEN);
        assertThat(outcomes.subList(10, 12)).containsOnly(StepOutcome.PROPOSAL_DROPPED);
    }

    @Test
    void answersToReadsThatNobodyTakesAreBounded() {
        Cluster cluster = Cluster.of(3, config -> config.maxPendingReads(10));
        cluster.elect(1);
        RawNode follower = cluster.node(2).raw();
        Message answer = read("n1", "read").toBuilder()
                .setType(MessageType.MSG_READ_INDEX_RESPONSE)
                .setTerm(1)
                .setIndex(1)
                .build();
        for (int i = 0; i < 10; i++) {
            assertThat(follower.step(answer)).isEqualTo(StepOutcome.TAKEN);
        }
        assertThat(follower.step(answer)).isEqualTo(StepOutcome.PROPOSAL_DROPPED);
        assertThat(follower.ready().readStates()).hasSize(10);
    }

    private static Message read(String from, String context) {
        return Message.newBuilder()
                .setType(MessageType.MSG_READ_INDEX)
                .setFrom(from)
                .addEntries(Entry.newBuilder().setData(ByteString.copyFromUtf8(context)))
                .build();
    }

    @Test
    void aLeaderThatContradictsWhatIsCommittedIsRefused() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1).propose("a");
        cluster.settle();
        TestNode follower = cluster.node(2);
        Message contradiction = Message.newBuilder()
                .setType(MessageType.MSG_APPEND)
                .setFrom("n1")
                .setTo("n2")
                .setTerm(5)
                .setIndex(2)
                .setLogTerm(1)
                .setCommit(9)
                .addEntries(Entry.newBuilder().setIndex(3).setTerm(5))
                .build();
        // Fine so far: a newer leader appends behind what is committed.
        assertThat(follower.raw().step(contradiction)).isEqualTo(StepOutcome.TAKEN);
        follower.settle();
        assertThat(follower.raw().commitIndex()).isEqualTo(3);

        Message rewrite = contradiction.toBuilder()
                .setTerm(6)
                .setIndex(3)
                .setLogTerm(5)
                .clearEntries()
                .addEntries(Entry.newBuilder().setIndex(5).setTerm(6))
                .build();
        assertThat(follower.raw().step(rewrite))
                .as("a gap between index and entries")
                .isEqualTo(StepOutcome.REFUSED);
        assertThat(follower.raw().term())
                .as("refused before it could change anything")
                .isEqualTo(5);
    }

    @Test
    void aHeartbeatThatCommitsWhatIsNotThereIsRefused() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        Message heartbeat = Message.newBuilder()
                .setType(MessageType.MSG_HEARTBEAT)
                .setFrom("n1")
                .setTo("n2")
                .setTerm(1)
                .setCommit(50)
                .build();
        assertThat(cluster.node(2).raw().step(heartbeat)).isEqualTo(StepOutcome.REFUSED);
        assertThat(cluster.node(2).raw().commitIndex()).isEqualTo(1);
    }

    @Test
    void anAcknowledgementOfWhatTheLeaderDoesNotHaveIsRefused() {
        TestNode leader = Cluster.of(3).elect(1);
        Message acknowledgement = Message.newBuilder()
                .setType(MessageType.MSG_APPEND_RESPONSE)
                .setFrom("n2")
                .setTo("n1")
                .setTerm(1)
                .setIndex(99)
                .build();
        assertThat(leader.raw().step(acknowledgement)).isEqualTo(StepOutcome.REFUSED);
        assertThat(leader.raw().status().progress().get("n2"))
                .satisfies(progress -> assertThat(progress.match()).isEqualTo(1));
    }

    /** Only storage threads answer for storage: a peer that could would make entries durable that are nowhere. */
    @ParameterizedTest
    @ValueSource(strings = {"n2", "n1", "ApplyThread", ""})
    void nobodyElseSpeaksForTheLogsThread(String from) {
        TestNode leader = Cluster.of(3).elect(1);
        leader.propose("a");
        Message answer = Message.newBuilder()
                .setType(MessageType.MSG_STORAGE_APPEND_RESPONSE)
                .setFrom(from)
                .setTo("n1")
                .setTerm(1)
                .setIndex(2)
                .setLogTerm(1)
                .build();
        assertThat(leader.raw().step(answer)).isEqualTo(StepOutcome.REFUSED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"n2", "n1", "AppendThread", ""})
    void nobodyElseSpeaksForTheApplyThread(String from) {
        TestNode leader = Cluster.of(3).elect(1);
        Message answer = Message.newBuilder()
                .setType(MessageType.MSG_STORAGE_APPLY_RESPONSE)
                .setFrom(from)
                .setTo("n1")
                .setIndex(1)
                .build();
        assertThat(leader.raw().step(answer)).isEqualTo(StepOutcome.REFUSED);
    }

    @ParameterizedTest
    @ValueSource(longs = {2, -1})
    void aSnapshotThatCannotHaveBeenInstalledIsRefused(long index) {
        TestNode node = Cluster.of(3).elect(1);
        Message answer = Message.newBuilder()
                .setType(MessageType.MSG_STORAGE_APPEND_RESPONSE)
                .setFrom(RawNode.APPEND_THREAD)
                .setTo("n1")
                .setTerm(1)
                .setSnapshot(SnapshotMetadata.newBuilder().setIndex(index).setTerm(1))
                .build();
        assertThat(node.raw().step(answer)).isEqualTo(StepOutcome.REFUSED);
        assertThat(node.raw().appliedIndex()).isEqualTo(1);
        assertThat(node.raw()
                        .step(answer.toBuilder()
                                .setSnapshot(answer.getSnapshot().toBuilder().setIndex(1))
                                .build()))
                .as("what is committed may have been")
                .isEqualTo(StepOutcome.TAKEN);
    }

    /** Entries out of line, and changes that nobody could apply. */
    @Test
    void anAppendThatCannotBeIsRefused() {
        Entry.Builder entry = Entry.newBuilder().setIndex(2).setTerm(1);
        List<Entry> impossible = List.of(
                entry.clone().setIndex(3).build(),
                entry.clone().setTerm(0).build(),
                entry.clone().setTerm(3).build(),
                entry.clone()
                        .setType(EntryType.ENTRY_CONF_CHANGE_V2)
                        .setData(ByteString.copyFromUtf8("\u00ff\u00ff"))
                        .build(),
                entry.clone().setTypeValue(77).build());
        for (Entry each : impossible) {
            Cluster cluster = Cluster.of(3);
            cluster.elect(1);
            RawNode follower = cluster.node(2).raw();
            Message.Builder append = Messages.message(MessageType.MSG_APPEND, "n1", "n2", 2)
                    .setIndex(1)
                    .setLogTerm(1);
            assertThat(follower.step(append.clone().addEntries(each).build()))
                    .as("%s", each)
                    .isEqualTo(StepOutcome.REFUSED);
            assertThat(follower.lastIndex()).isEqualTo(1);
            assertThat(follower.step(append.addEntries(entry).build())).isEqualTo(StepOutcome.TAKEN);
        }
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        Message falling = Messages.message(MessageType.MSG_APPEND, "n1", "n2", 2)
                .setIndex(1)
                .setLogTerm(1)
                .addEntries(entry.clone().setTerm(2))
                .addEntries(entry.clone().setIndex(3).setTerm(1))
                .build();
        assertThat(cluster.node(2).raw().step(falling)).as("terms fall").isEqualTo(StepOutcome.REFUSED);
    }

    @Test
    void aProposalOfAKindThatNobodyKnowsIsRefused() {
        TestNode leader = Cluster.of(3).elect(1);
        Message proposal = Message.newBuilder()
                .setType(MessageType.MSG_PROPOSE)
                .setFrom("n2")
                .setTo("n1")
                .addEntries(Entry.newBuilder().setData(ByteString.copyFromUtf8("a")))
                .addEntries(Entry.newBuilder().setTypeValue(77))
                .build();
        assertThat(leader.raw().step(proposal)).isEqualTo(StepOutcome.REFUSED);
        assertThat(leader.raw().lastIndex()).isEqualTo(1);
        Message sound = proposal.toBuilder().removeEntries(1).build();
        assertThat(leader.raw().step(sound)).isEqualTo(StepOutcome.TAKEN);
    }
}
