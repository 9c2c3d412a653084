package io.reactorraft.testkit;

import io.reactorraft.Member;
import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.Entry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
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
    private final Safety safety;
    private final LoggedConfigurations logged;
    private final @Nullable Operator<C, R> operator;
    private final SimulatedMember.Surroundings<C, R> around;
    private final Map<String, SimulatedMember<C, R>> members = new LinkedHashMap<>();
    private final Map<String, Integer> disks = new HashMap<>();
    private final Set<String> away = new HashSet<>();

    SimulatedGroup(Plan<C, R> plan, long seed) {
        this.dice = new Dice(seed);
        this.story = new Story(time, plan.listener());
        List<Member> voters = new ArrayList<>();
        for (int i = 1; i <= plan.nodes(); i++) {
            voters.add(Member.voter("n" + i, "host" + i + ":7000"));
        }
        this.logged = new LoggedConfigurations(story);
        this.safety = new Safety(story, this::onDisk, new InForce());
        this.network = new SimulatedNetwork(time, dice.fork(1), safety, story);
        this.outcomes = new Outcomes(story);
        this.clients = new Clients<>(this, plan, dice.fork(2));
        this.leases = plan.config().leaseReads();
        this.around = new SimulatedMember.Surroundings<>(
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
                plan.config(),
                logged);
        this.operator = plan.changesMembers() ? new Operator<>(this, plan, logged, dice.fork(4)) : null;
        voters.forEach(voter -> put(voter, List.of()));
        members.values().forEach(SimulatedMember::start);
    }

    private SimulatedMember<C, R> put(Member self, List<String> joinVia) {
        int number = disks.merge(self.id(), 1, Integer::sum);
        Dice own = dice.fork(self.id().hashCode() + 1_000_003L * (number - 1));
        SimulatedDisk disk = new SimulatedDisk(self.id(), number, time, own, safety);
        SimulatedMember<C, R> member = new SimulatedMember<>(self, disk, joinVia, around);
        members.put(self.id(), member);
        return member;
    }

    private DurableLog onDisk(String id) {
        SimulatedMember<C, R> member = members.get(id);
        return member == null ? new DurableLog() : member.disk().onDisk(GROUP);
    }

    /** By the log, and not by what they think themselves. */
    private final class InForce implements Safety.InForce {
        @Override
        public List<ConfState> at(String id) {
            return member(id).inForce();
        }

        @Override
        public void handed(String id) {
            member(id).handed();
        }

        @Override
        public void committed(Entry entry) {
            logged.committed(entry);
        }
    }

    // --------------------------------------------------------------------------------------------- members come and go

    /** Who changes the members; null: nobody does. */
    @Nullable
    Operator<C, R> operator() {
        return operator;
    }

    /** A process with an empty disk, that asks to be let in; whoever had the id before is gone for good. */
    void join(Member self, List<String> joinVia) {
        SimulatedMember<C, R> before = members.get(self.id());
        if (before != null && !before.isLost()) {
            before.crash();
            safety.lost(self.id());
        }
        away.remove(self.id());
        put(self, joinVia).start();
    }

    /** The process is killed, and its disk gone. */
    void lose(String id) {
        member(id).lose();
        safety.lost(id);
        away.add(id);
    }

    /** The process is killed for good. */
    void dismiss(String id) {
        member(id).crash();
        away.add(id);
    }

    /** Who was dismissed takes part again. */
    void welcome(String id) {
        away.remove(id);
    }

    /** Whether its disk holds more than what every first member begins with. */
    boolean isPastTheFirstEntry(String id) {
        return onDisk(id).lastIndex() > 1;
    }

    /** All that ever took part. */
    Set<String> everybody() {
        return members.keySet();
    }

    @Override
    public void crash(String id) {
        member(id).crash();
    }

    @Override
    public void restart(String id) {
        SimulatedMember<C, R> member = member(id);
        if (!member.isRunning() && !away.contains(id)) {
            member.crash();
            member.start();
        }
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
        List<String> present = new ArrayList<>(members.keySet());
        present.removeAll(away);
        return present;
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
        if (operator != null && dice.permille(500)) {
            operator.one();
            return;
        }
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
                if (leader != null && operator == null && isCalm()) {
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
        boolean slow = dice.permille(400); // it answers when its lease has long ended
        if (slow) {
            lagApplier(leader, TimeUnit.MILLISECONDS.toNanos(dice.between(300, 1_500)));
        }
        isolate(leader);
        long limit = time.now() + TimeUnit.MILLISECONDS.toNanos(2_600);
        while (time.now() < limit && story.violation() == null) {
            members().forEach(this::burst);
            pass(TimeUnit.MILLISECONDS.toNanos(dice.between(20, 150)));
        }
        if (slow) {
            lagApplier(leader, 0);
        }
        heal();
    }
}
