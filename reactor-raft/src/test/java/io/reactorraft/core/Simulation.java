package io.reactorraft.core;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.ConfChangeTransition;
import io.reactorraft.proto.ConfChangeType;
import io.reactorraft.proto.ConfChangeV2;
import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;

/**
 * A cluster in which everything that may go wrong does, by a seed: messages are lost, doubled and late, nodes are cut off
 * and killed, disks lag, members come and go. What must never happen is checked after every step, what must happen in
 * the end is checked by {@link #healAndAgree}.
 */
final class Simulation {

    private static final List<String> IDS = List.of("n1", "n2", "n3", "n4", "n5");
    private static final long START = 1;
    private static final int MOST_DELIVERIES_AT_ONCE = 50_000;
    private static final int MOST_TICKS_TO_AGREE = 400;

    private final long seed;
    private final SplittableRandom random;
    private final boolean membershipChanges;
    private final Map<String, TestNode> nodes = new LinkedHashMap<>();
    private final List<Message> network = new ArrayList<>();
    private final Map<Long, String> leaderOfTerm = new HashMap<>();
    private final Map<Long, Entry> committed = new HashMap<>();
    private final Map<String, Integer> checkedUpTo = new HashMap<>();
    private final Map<ByteString, Long> asked = new HashMap<>();
    private String cutOff = "";
    private int proposals;
    private int reads;
    private int readsAnswered;

    Simulation(long seed, boolean async, boolean membershipChanges) {
        this.seed = seed;
        this.random = new SplittableRandom(seed);
        this.membershipChanges = membershipChanges;
        boolean preVote = random.nextBoolean();
        boolean checkQuorum = random.nextBoolean();
        int voters = membershipChanges || random.nextBoolean() ? 3 : 5;
        long committedBytes = random.nextBoolean() ? 1 << 20 : 40;
        long messageBytes = random.nextBoolean() ? 1 << 20 : 60;
        int inflight = random.nextBoolean() ? 64 : 1 + random.nextInt(3);
        boolean stepDown = random.nextBoolean();
        ConfState members =
                ConfState.newBuilder().addAllVoters(IDS.subList(0, voters)).build();
        for (String id : IDS.subList(0, membershipChanges ? IDS.size() : voters)) {
            boolean founder = members.getVotersList().contains(id);
            nodes.put(
                    id,
                    new TestNode(
                            id,
                            founder ? members : ConfState.getDefaultInstance(),
                            founder ? START : 0,
                            config -> config.seed(seed * 31 + id.hashCode())
                                    .electionTicks(5)
                                    .preVote(preVote)
                                    .checkQuorum(checkQuorum)
                                    .stepDownOnRemoval(stepDown)
                                    .asyncStorageWrites(async)
                                    .maxMessageBytes(messageBytes)
                                    .maxCommittedBytes(committedBytes)
                                    .maxInflightMessages(inflight)));
        }
    }

    int committedEntries() {
        return committed.size();
    }

    int readsAnswered() {
        return readsAnswered;
    }

    void run(int steps) {
        for (int step = 0; step < steps; step++) {
            step();
            check();
        }
    }

    private void step() {
        TestNode node = anyOf(nodes.values());
        switch (random.nextInt(30)) {
            case 0, 1, 2, 3, 4 -> node.raw().tick();
            case 5 -> nodes.values().forEach(each -> each.raw().tick());
            case 6, 7 -> propose(node);
            case 8 -> ask(node);
            case 9 -> storageWork(node);
            case 10 -> rareEvent(node);
            case 11, 12 -> takeReady(node);
            case 13, 14, 15 -> {
                takeReady(node);
                storageWork(node);
            }
            default -> deliver();
        }
    }

    private void rareEvent(TestNode node) {
        switch (random.nextInt(12)) {
            case 0 -> restart(node);
            case 1, 2 -> cutOff = random.nextBoolean() ? node.id() : leader();
            case 3, 4 -> cutOff = "";
            case 5 -> compact(node);
            case 6 -> node.raw().transferLeadership(anyOf(IDS));
            case 7 -> node.raw().reportUnreachable(anyOf(IDS));
            case 8 -> node.log().evictUpTo(random.nextBoolean() ? 0 : node.log().lastIndex());
            case 9 -> node.raw().campaign();
            default -> {
                if (membershipChanges) {
                    node.raw().proposeConfChange(anyChange());
                }
            }
        }
    }

    private void restart(TestNode node) {
        node.restart();
        checkedUpTo.remove(node.id());
    }

    private ConfChangeV2 anyChange() {
        ConfChangeV2.Builder change =
                ConfChangeV2.newBuilder().setTransition(ConfChangeTransition.forNumber(random.nextInt(3)));
        for (int i = random.nextInt(4); i > 0; i--) {
            ConfChangeType type = ConfChangeType.forNumber(random.nextInt(4));
            change.addChanges(Cluster.change(Objects.requireNonNull(type), anyOf(IDS)));
        }
        return change.build();
    }

    private void propose(TestNode node) {
        List<ByteString> commands = new ArrayList<>();
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
            commands.add(ByteString.copyFromUtf8("command " + proposals++));
        }
        node.raw().propose(commands);
    }

    /** A read must see all that anybody knows to be committed when it is asked for. */
    private void ask(TestNode node) {
        ByteString context = ByteString.copyFromUtf8("read " + reads++);
        if (node.raw().readIndex(context) == StepOutcome.TAKEN) {
            asked.put(context, highestCommit());
        }
    }

    private long highestCommit() {
        return nodes.values().stream()
                .mapToLong(each -> each.raw().commitIndex())
                .max()
                .orElse(0);
    }

    private void compact(TestNode node) {
        long applied = node.appliedIndex();
        if (applied >= node.log().firstIndex()) {
            node.log().compact(applied, node.members());
        }
    }

    private void takeReady(TestNode node) {
        if (node.raw().hasReady()) {
            node.takeReady(network);
        }
    }

    private void storageWork(TestNode node) {
        if (random.nextBoolean()) {
            node.doAppendWork(network);
        } else {
            node.doApplyWork(network);
        }
    }

    private void deliver() {
        if (network.isEmpty()) {
            return;
        }
        // Mostly in order; sometimes another one overtakes.
        int position = random.nextInt(4) == 0 ? random.nextInt(network.size()) : 0;
        boolean twice = random.nextInt(20) == 0;
        Message message = twice ? network.get(position) : network.remove(position);
        boolean lost = random.nextInt(25) == 0
                || message.getFrom().equals(cutOff)
                || message.getTo().equals(cutOff);
        hand(message, lost);
    }

    private void hand(Message message, boolean lost) {
        TestNode to = nodes.get(message.getTo());
        if (to != null && !lost) {
            to.raw().step(message);
        }
        if (message.getType() == MessageType.MSG_SNAPSHOT) {
            node(message.getFrom()).raw().reportSnapshot(message.getTo(), !lost);
        }
    }

    private TestNode node(String id) {
        return Objects.requireNonNull(nodes.get(id), id);
    }

    private String leader() {
        return nodes.values().stream()
                .filter(each -> each.raw().role() == RaftRole.LEADER)
                .map(TestNode::id)
                .findFirst()
                .orElse("");
    }

    private <T> T anyOf(Collection<T> all) {
        return new ArrayList<>(all).get(random.nextInt(all.size()));
    }

    // ------------------------------------------------------------------------------------- what must never happen

    private void check() {
        for (TestNode node : nodes.values()) {
            checkElectionSafety(node);
            checkStateMachineSafety(node);
            checkReads(node);
        }
    }

    /** "At most one leader can be elected in a given term" (figure 3). */
    private void checkElectionSafety(TestNode node) {
        if (node.raw().role() == RaftRole.LEADER) {
            String known = leaderOfTerm.putIfAbsent(node.raw().term(), node.id());
            if (known != null && !known.equals(node.id())) {
                throw failure("two leaders in term " + node.raw().term() + ": " + known + " and " + node.id());
            }
        }
    }

    /** "If a server has applied a log entry at a given index, no other server will ever apply a different one" (figure 3). */
    private void checkStateMachineSafety(TestNode node) {
        List<Entry> applied = node.applied();
        int from = Math.min(checkedUpTo.getOrDefault(node.id(), 0), applied.size());
        for (Entry entry : applied.subList(from, applied.size())) {
            Entry known = committed.putIfAbsent(entry.getIndex(), entry);
            if (known != null && !known.equals(entry)) {
                throw failure(node.id() + " applied " + entry + " where another applied " + known);
            }
        }
        checkedUpTo.put(node.id(), applied.size());
    }

    private void checkReads(TestNode node) {
        for (ReadState state : node.readStates()) {
            Long atLeast = asked.get(state.context());
            if (atLeast != null && state.index() < atLeast) {
                throw failure(node.id() + " would serve " + state.context().toStringUtf8() + " at " + state.index()
                        + ", but " + atLeast + " was committed when it was asked for");
            }
            readsAnswered++;
        }
        node.readStates().clear();
    }

    // -------------------------------------------------------------------------------- what must happen in the end

    /** With no more faults there is a leader soon, and what it appends is applied by all its members. */
    void healAndAgree() {
        cutOff = "";
        nodes.values().forEach(node -> node.log().evictUpTo(0));
        for (int tick = 0; tick < MOST_TICKS_TO_AGREE; tick++) {
            nodes.values().forEach(node -> node.raw().tick());
            settle();
            if (tick % 20 == 19 && agree()) {
                return;
            }
        }
        throw failure("no agreement within " + MOST_TICKS_TO_AGREE + " ticks without faults: " + describe());
    }

    private boolean agree() {
        String leaderId = leader();
        if (leaderId.isEmpty()) {
            return false;
        }
        TestNode leader = node(leaderId);
        if (leader.members().getVotersOutgoingCount() > 0) {
            leader.raw().proposeConfChange(ConfChangeV2.getDefaultInstance());
            settle();
        }
        leader.propose("the last one");
        settle();
        long last = leader.raw().lastIndex();
        return leader.raw().commitIndex() == last
                && leader.members().getVotersOutgoingCount() == 0
                && leader.members().getVotersList().stream().allMatch(id -> node(id).appliedIndex() == last)
                && leader.members().getLearnersList().stream().allMatch(id -> node(id).appliedIndex() == last);
    }

    private void settle() {
        boolean moved = true;
        int deliveries = 0;
        while (moved) {
            moved = false;
            for (TestNode node : nodes.values()) {
                network.addAll(node.settle());
                check();
            }
            while (!network.isEmpty()) {
                moved = true;
                if (++deliveries > MOST_DELIVERIES_AT_ONCE) {
                    throw failure("messages without end, next: " + network + describe());
                }
                hand(network.remove(0), false);
            }
        }
    }

    String describe() {
        StringBuilder text = new StringBuilder();
        nodes.values().forEach(node -> text.append('\n').append(node.raw().status()));
        return text.toString();
    }

    AssertionError failure(String what) {
        return new AssertionError("seed " + seed + ": " + what);
    }
}
