package io.reactorraft.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.proto.ConfChangeSingle;
import io.reactorraft.proto.ConfChangeType;
import io.reactorraft.proto.Message;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** Nodes {@code n1}, {@code n2}, ... and a network in memory that keeps order and loses what the test says. */
final class Cluster {

    private static final int MOST_DELIVERIES = 100_000;

    private final Map<String, TestNode> nodes = new LinkedHashMap<>();
    private final Queue<Message> network = new ArrayDeque<>();
    private final UnaryOperator<CoreConfig.Builder> options;
    private Predicate<Message> lost = message -> false;

    private Cluster(UnaryOperator<CoreConfig.Builder> options) {
        this.options = options;
    }

    static Cluster of(int size) {
        return of(size, UnaryOperator.identity());
    }

    static Cluster of(int size, UnaryOperator<CoreConfig.Builder> options) {
        Cluster cluster = new Cluster(options);
        List<String> voters = new ArrayList<>();
        for (int i = 1; i <= size; i++) {
            voters.add("n" + i);
        }
        voters.forEach(voter -> cluster.nodes.put(voter, new TestNode(voter, voters, options)));
        return cluster;
    }

    /** A node that belongs to no group yet. */
    TestNode join(String id) {
        TestNode node = new TestNode(id, List.of(), options);
        nodes.put(id, node);
        return node;
    }

    /** In place of the one of the same id, for a node with options of its own. */
    void replace(TestNode node) {
        nodes.put(node.id(), node);
    }

    TestNode node(int number) {
        return node("n" + number);
    }

    TestNode node(String id) {
        return Objects.requireNonNull(nodes.get(id), id);
    }

    Iterable<TestNode> nodes() {
        return nodes.values();
    }

    /** From now on messages like this are lost. */
    void lose(Predicate<Message> messages) {
        lost = messages;
    }

    void isolate(TestNode node) {
        lose(message -> message.getFrom().equals(node.id()) || message.getTo().equals(node.id()));
    }

    void heal() {
        lost = message -> false;
    }

    /** Everybody does all there is to do, until nobody has anything. */
    void settle() {
        int deliveries = 0;
        do {
            for (TestNode node : nodes.values()) {
                network.addAll(node.settle());
            }
            Message message = network.poll();
            while (message != null) {
                assertThat(++deliveries).as("deliveries without coming to rest").isLessThan(MOST_DELIVERIES);
                TestNode to = nodes.get(message.getTo());
                if (to != null && !lost.test(message)) {
                    to.raw().step(message);
                }
                message = network.poll();
            }
        } while (nodes.values().stream().anyMatch(node -> node.raw().hasReady() || node.hasStorageWork()));
    }

    /** One tick for everybody, and all that comes of it. */
    void tick() {
        nodes.values().forEach(node -> node.raw().tick());
        settle();
    }

    /** Lets this node win, whoever led before. */
    TestNode elect(int number) {
        TestNode node = node(number);
        node.raw().campaign();
        settle();
        assertThat(node.raw().role()).as("role of %s", node.id()).isEqualTo(RaftRole.LEADER);
        return node;
    }

    static ConfChangeSingle change(ConfChangeType type, String id) {
        return ConfChangeSingle.newBuilder().setType(type).setNodeId(id).build();
    }
}
