package io.reactorraft.core;

import io.reactorraft.proto.ConfChangeTransition;
import io.reactorraft.proto.ConfChangeType;
import io.reactorraft.proto.ConfChangeV2;
import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.Message;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * A cluster with time in it, by a seed: clocks that run a little apart, messages that come late, nodes that are cut off,
 * killed and started again, asked to campaign and to hand over, members that come and go. Each node keeps its lease as
 * {@link LeaseRounds} says; whoever holds one must know all that anybody has committed.
 */
final class LeaseSimulation {

    private static final List<String> IDS = List.of("n1", "n2", "n3", "n4", "n5");
    private static final int ELECTION_TICKS = 5;

    /** Micro steps of time in a tick of a clock that runs right. */
    private static final int TICK = 20;

    private static final long LEASE = ELECTION_TICKS * TICK * 8 / 10;

    private record Flight(long arrival, long number, Message message) {}

    /** What surrounds a core: its clock, and when each of its rounds began. */
    private static final class Host {
        final TestNode node;
        final long period;
        long nextTick;
        long term;
        final TreeMap<Long, Long> begun = new TreeMap<>();

        Host(TestNode node, long period, long nextTick) {
            this.node = node;
            this.period = period;
            this.nextTick = nextTick;
        }
    }

    private final long seed;
    private final SplittableRandom random;
    private final boolean membershipChanges;
    private final Map<String, Host> hosts = new LinkedHashMap<>();
    private final PriorityQueue<Flight> network = new PriorityQueue<>((left, right) -> left.arrival != right.arrival
            ? Long.compare(left.arrival, right.arrival)
            : Long.compare(left.number, right.number));
    private long now;
    private long sent;
    private String cutOff = "";
    private String deaf = "";
    private int leaseHeld;
    private int leaseHeldBesideALaterTerm;

    LeaseSimulation(long seed, boolean membershipChanges) {
        this.seed = seed;
        this.random = new SplittableRandom(seed);
        this.membershipChanges = membershipChanges;
        int voters = random.nextBoolean() ? 3 : 5;
        boolean preVote = random.nextBoolean();
        boolean async = random.nextBoolean();
        ConfState members =
                ConfState.newBuilder().addAllVoters(IDS.subList(0, voters)).build();
        for (String id : IDS) {
            boolean founder = members.getVotersList().contains(id);
            TestNode node = new TestNode(
                    id,
                    founder ? members : ConfState.getDefaultInstance(),
                    founder ? 1 : 0,
                    config -> config.seed(seed * 31 + id.hashCode())
                            .electionTicks(ELECTION_TICKS)
                            .preVote(preVote)
                            .asyncStorageWrites(async)
                            .leases(true));
            // Clocks differ by a twentieth at most; a lease leaves a fifth.
            hosts.put(id, new Host(node, TICK - 1 + random.nextInt(3), random.nextInt(TICK)));
        }
    }

    int leaseHeld() {
        return leaseHeld;
    }

    int leaseHeldBesideALaterTerm() {
        return leaseHeldBesideALaterTerm;
    }

    void run(int steps) {
        for (int step = 0; step < steps; step++) {
            now++;
            for (Host host : hosts.values()) {
                if (now >= host.nextTick) {
                    host.nextTick = now + host.period;
                    host.node.raw().tick();
                }
            }
            deliver();
            if (random.nextInt(10) == 0) {
                anyHost().node.propose("command " + step);
            }
            if (random.nextInt(40) == 0) {
                rareEvent(anyHost());
            }
            hosts.values().forEach(this::turn);
            hosts.values().forEach(this::check);
        }
    }

    private void rareEvent(Host host) {
        switch (random.nextInt(16)) {
            case 0, 1 -> host.node.restart();
            case 2, 3 -> cutOff = random.nextBoolean() ? host.node.id() : newestLeader();
            case 4 -> deaf = random.nextBoolean() ? host.node.id() : newestLeader();
            case 5, 6 -> {
                cutOff = "";
                deaf = "";
            }
            case 7, 8 -> host.node.raw().campaign();
            case 9 -> host.node.raw().forgetLeader();
            case 10 ->
                node(newestLeader()).raw().transferLeadership(anyHost().node.id());
            case 11, 12, 13 -> overthrow();
            default -> {
                if (membershipChanges) {
                    host.node.raw().proposeConfChange(anyChange());
                }
            }
        }
    }

    /** All that would have another leader elected at once, were it not for the promises. */
    private void overthrow() {
        cutOff = newestLeader();
        for (Host host : hosts.values()) {
            switch (random.nextInt(4)) {
                case 0 -> host.node.restart();
                case 1 -> host.node.raw().forgetLeader();
                case 2 -> answerOfLongAgo(host.node, anyHost().node);
                default -> {
                    // It has only heard its leader.
                }
            }
        }
        anyHost().node.raw().campaign();
    }

    /** A refusal that was on its way while the term of its sender went up. */
    private static void answerOfLongAgo(TestNode to, TestNode from) {
        if (to.raw().role() != RaftRole.LEADER
                && !from.id().equals(to.id())
                && from.raw().term() > 0) {
            to.raw().step(Messages.voted(from.id(), to.id(), from.raw().term(), false));
        }
    }

    private ConfChangeV2 anyChange() {
        ConfChangeV2.Builder change =
                ConfChangeV2.newBuilder().setTransition(ConfChangeTransition.forNumber(random.nextInt(3)));
        for (int i = random.nextInt(4); i > 0; i--) {
            ConfChangeType type = ConfChangeType.forNumber(random.nextInt(4));
            change.addChanges(
                    Cluster.change(Objects.requireNonNull(type), anyHost().node.id()));
        }
        return change.build();
    }

    /** The clock is read before the messages leave. */
    private void turn(Host host) {
        RawNode raw = host.node.raw();
        if (raw.term() != host.term) {
            host.term = raw.term();
            host.begun.clear();
        }
        host.begun.putIfAbsent(raw.lease().begun(), now);
        List<Message> out = new ArrayList<>();
        if (raw.hasReady()) {
            host.node.takeReady(out);
        }
        if (random.nextInt(3) == 0) {
            host.node.doAppendWork(out);
            host.node.doApplyWork(out);
        }
        for (Message message : out) {
            // Mostly soon, sometimes so late that much has happened.
            long delay = random.nextInt(12) == 0 ? random.nextInt(8 * TICK) : random.nextInt(TICK / 2);
            network.add(new Flight(now + 1 + delay, sent++, message));
        }
    }

    private void deliver() {
        while (!network.isEmpty() && network.peek().arrival <= now) {
            Message message = network.remove().message;
            boolean lost = random.nextInt(50) == 0
                    || message.getFrom().equals(cutOff)
                    || message.getTo().equals(cutOff)
                    || message.getTo().equals(deaf);
            if (!lost) {
                node(message.getTo()).raw().step(message);
            }
        }
    }

    /** Whoever holds a lease may serve what is committed there: nobody else may have committed more. */
    private void check(Host host) {
        RawNode raw = host.node.raw();
        LeaseRounds rounds = raw.lease();
        Map.Entry<Long, Long> confirmed = host.begun.floorEntry(rounds.confirmed());
        boolean inTime = rounds.confirmed() > 0 && confirmed != null && now < confirmed.getValue() + LEASE;
        if (!inTime && !rounds.unlimited()) {
            return;
        }
        leaseHeld++;
        for (Host other : hosts.values()) {
            RawNode ahead = other.node.raw();
            if (ahead.commitIndex() > raw.commitIndex()) {
                throw failure(host.node.id() + " has a lease in term " + raw.term() + " at commit " + raw.commitIndex()
                        + ", but " + other.node.id() + " is at term " + ahead.term() + " and commit "
                        + ahead.commitIndex());
            }
            leaseHeldBesideALaterTerm += ahead.term() > raw.term() ? 1 : 0;
        }
    }

    private String newestLeader() {
        String leader = "n1";
        long term = 0;
        for (Host host : hosts.values()) {
            if (host.node.raw().role() == RaftRole.LEADER && host.node.raw().term() > term) {
                leader = host.node.id();
                term = host.node.raw().term();
            }
        }
        return leader;
    }

    private Host anyHost() {
        Collection<Host> all = hosts.values();
        return new ArrayList<>(all).get(random.nextInt(all.size()));
    }

    private TestNode node(String id) {
        return Objects.requireNonNull(hosts.get(id), id).node;
    }

    String describe() {
        StringBuilder text = new StringBuilder();
        hosts.values().forEach(host -> text.append('\n').append(host.node.raw().status()));
        return text.toString();
    }

    AssertionError failure(String what) {
        return new AssertionError("seed " + seed + ", step " + now + ": " + what + describe());
    }
}
