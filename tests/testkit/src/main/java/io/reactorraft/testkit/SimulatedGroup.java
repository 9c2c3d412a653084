package io.reactorraft.testkit;

import io.reactorraft.Member;
import io.reactorraft.proto.ConfState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * All there is of one run: time, chance, network, disks, members, clients, and the checks around them.
 *
 * <p>One thread; nothing happens outside of {@link #pass}.
 */
final class SimulatedGroup<C, R> implements Arena {
    private static final String GROUP = "default";

    /** A run with more events goes in circles. */
    static final long MOST_EVENTS = 5_000_000;

    /** Some election timeouts of a second: to notice it, and to hand over, perhaps twice. */
    private static final long STALL_NANOS = TimeUnit.SECONDS.toNanos(8);

    private final VirtualTime time = new VirtualTime();
    private final Dice dice;
    private final Story story;
    private final SimulatedNetwork network;
    private final Outcomes outcomes;
    private final Clients<C, R> clients;
    private final boolean leases;
    private final Map<String, SimulatedMember<C, R>> members = new LinkedHashMap<>();

    SimulatedGroup(Plan<C, R> plan, long seed) {
        this.dice = new Dice(seed);
        this.story = new Story(time, plan.listener());
        List<Member> voters = new ArrayList<>();
        for (int i = 1; i <= plan.nodes(); i++) {
            voters.add(Member.voter("n" + i, "host" + i + ":7000"));
        }
        ConfState configuration = ConfState.newBuilder()
                .addAllVoters(voters.stream().map(Member::id).toList())
                .build();
        Safety safety = new Safety(story, id -> member(id).disk().onDisk(GROUP), id -> List.of(configuration));
        this.network = new SimulatedNetwork(time, dice.fork(1), safety, story);
        this.outcomes = new Outcomes(story);
        this.clients = new Clients<>(this, plan, dice.fork(2));
        this.leases = plan.config().leaseReads();
        SimulatedMember.Surroundings<C, R> around = new SimulatedMember.Surroundings<>(
                time,
                dice.fork(3),
                network,
                safety,
                outcomes,
                story,
                new HashMap<>(),
                new HashMap<>(),
                plan.machines(),
                voters,
                plan.config());
        for (Member voter : voters) {
            SimulatedDisk disk =
                    new SimulatedDisk(voter.id(), time, dice.fork(voter.id().hashCode()), safety);
            members.put(voter.id(), new SimulatedMember<>(voter, disk, around));
        }
        members.values().forEach(SimulatedMember::start);
    }

    @Override
    public void crash(String id) {
        member(id).crash();
    }

    @Override
    public void restart(String id) {
        SimulatedMember<C, R> member = member(id);
        if (member.isRunning()) {
            throw new IllegalStateException(id + " runs already; crash(\"" + id + "\") it first");
        }
        member.crash();
        member.start();
    }

    @Override
    public Dice dice() {
        return dice;
    }

    @Override
    public VirtualTime time() {
        return time;
    }

    @Override
    public SimulatedNetwork network() {
        return network;
    }

    @Override
    public Story story() {
        return story;
    }

    Outcomes outcomes() {
        return outcomes;
    }

    Clients<C, R> clients() {
        return clients;
    }

    SimulatedMember<C, R> member(String id) {
        return Objects.requireNonNull(members.get(id), () -> "no member '" + id + "', only " + members.keySet());
    }

    @Override
    public List<String> members() {
        return new ArrayList<>(members.keySet());
    }

    @Override
    public List<String> running() {
        return members.values().stream()
                .filter(SimulatedMember::isRunning)
                .map(SimulatedMember::id)
                .toList();
    }

    @Override
    public @Nullable String leader() {
        String leader = null;
        long highest = 0;
        for (SimulatedMember<C, R> member : members.values()) {
            if (member.isRunning()
                    && member.node().status().leadership().leading()
                    && member.node().status().leadership().term() > highest) {
                highest = member.node().status().leadership().term();
                leader = member.id();
            }
        }
        return leader;
    }

    @Override
    public void pass(long nanos) {
        long limit = time.now() + nanos;
        boolean more = true;
        while (more && story.violation() == null) {
            if (time.happened() > MOST_EVENTS) {
                story.violation("more than " + MOST_EVENTS + " events happened: something goes in circles");
                return;
            }
            try {
                more = time.next(limit);
            } catch (RuntimeException | Error failure) { // of whichever node's task this was: it must not throw
                story.violation("a task failed: " + failure);
            }
            for (SimulatedMember<C, R> member : members.values()) {
                member.watch();
            }
        }
    }

    @Override
    public void stop(String id) {
        member(id).stop();
    }

    @Override
    public void pause(String id, long nanos) {
        member(id).pause(nanos);
    }

    @Override
    public SimulatedDisk disk(String id) {
        return member(id).disk();
    }

    @Override
    public void lagApplier(String id, long nanos) {
        member(id).lagApplier(nanos);
    }

    @Override
    public void burst(String id) {
        clients.burst(id);
    }

    @Override
    public void special() {
        String leader = leader();
        switch ((int) dice.below(6)) {
            case 0 -> clients.transfer(dice.oneOf(members()), dice.oneOf(members()));
            case 1 -> clients.crowd(dice.oneOf(members()));
            case 2 -> lagApplier(dice.oneOf(members()), TimeUnit.MILLISECONDS.toNanos(dice.between(1_000, 6_000)));
            case 3 -> {
                if (leader != null && leases) {
                    leaseEdge(leader);
                }
            }
            case 4 -> {
                if (leader != null && isCalm()) {
                    stallLeader(leader);
                }
            }
            default -> burst(dice.oneOf(members()));
        }
    }

    /** Everybody runs, hears everybody, and has a disk that answers. */
    private boolean isCalm() {
        return members.values().stream().allMatch(SimulatedMember::isAwake)
                && members.values().stream().noneMatch(member -> member.disk().isAtFault())
                && network.isWhole();
    }

    /** A leader whose disk hangs must not keep its office, nor get it back. Nothing else is wrong meanwhile. */
    private void stallLeader(String leader) {
        members().forEach(id -> lagApplier(id, 0));
        members.values().forEach(member -> member.disk().mend());
        network.weather(Weather.FAIR);
        disk(leader).stalled(true);
        burst(leader);
        pass(STALL_NANOS);
        if (!isOtherwiseCalm(leader)) {
            return; // something that was to happen later happened now
        }
        String now = leader();
        if (leader.equals(now)) {
            story.violation(leader + " has had no answer of its disk for " + TimeUnit.NANOSECONDS.toSeconds(STALL_NANOS)
                    + " s, and still leads");
        } else if (now != null) {
            story.count(Happening.STALLED_LEADER_REPLACED);
        }
        disk(leader).stalled(false);
    }

    private boolean isOtherwiseCalm(String stalled) {
        return story.violation() == null
                && members.values().stream().allMatch(SimulatedMember::isAwake)
                && members.values().stream()
                        .allMatch(member ->
                                member.disk().isAtFault() == member.id().equals(stalled))
                && network.isWhole();
    }

    /** A leader that nobody hears, asked again and again while its lease ends and others elect the next one. */
    private void leaseEdge(String leader) {
        isolate(leader);
        long limit = time.now() + TimeUnit.MILLISECONDS.toNanos(2_600);
        while (time.now() < limit && story.violation() == null) {
            members().forEach(this::burst);
            pass(TimeUnit.MILLISECONDS.toNanos(dice.between(20, 150)));
        }
        heal();
    }
}
