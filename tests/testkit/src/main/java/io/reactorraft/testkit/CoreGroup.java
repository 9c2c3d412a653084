package io.reactorraft.testkit;

import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.SnapshotMetadata;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Bare cores over the simulated network and disks, with everything that the core can do: see {@link CoreNode}.
 *
 * <p>One thread; nothing happens outside of {@link #pass}.
 */
final class CoreGroup implements Arena, CoreNode.Agreed {
    private static final int BURST = 3;
    private static final long PATIENCE_NANOS = 10_000_000_000L;

    private final VirtualTime time = new VirtualTime();
    private final Dice dice;
    private final Story story;
    private final Safety safety;
    private final SimulatedNetwork network;
    private final Outcomes outcomes;
    private final CoreNode.Surroundings around;
    private final Map<String, Seat> seats = new LinkedHashMap<>();
    private final Map<Long, ConfState> agreed = new HashMap<>();
    private final CoreChanges changes;

    /** A member's disk, and the process that uses it. */
    private static final class Seat {
        private final SimulatedDisk disk;
        private @Nullable CoreNode node;
        private int starts;

        Seat(SimulatedDisk disk) {
            this.disk = disk;
        }
    }

    CoreGroup(int nodes, long seed, @Nullable Consumer<String> listener) {
        this.dice = new Dice(seed ^ 0x5EED);
        this.story = new Story(time, listener);
        this.safety = new Safety(story, id -> seat(id).disk.onDisk(CoreNode.GROUP), this::configurationsOf);
        this.network = new SimulatedNetwork(time, dice.fork(1), safety, story);
        this.outcomes = new Outcomes(story);
        this.around = new CoreNode.Surroundings(time, safety, outcomes, story, this, CoreNode.Rules.any(dice.fork(4)));
        List<String> voters = new ArrayList<>();
        for (int i = 1; i <= nodes; i++) {
            voters.add("n" + i);
        }
        this.changes = new CoreChanges(this, nodes);
        SnapshotMetadata first = SnapshotMetadata.newBuilder()
                .setGroupId(CoreNode.GROUP)
                .setIndex(1)
                .setTerm(1)
                .setConfState(ConfState.newBuilder().addAllVoters(voters))
                .setSnapshotId(new CoreMachine().state())
                .build();
        safety.founded(first);
        for (String id : voters) {
            DurableLog log = newSeat(id).disk.log(CoreNode.GROUP);
            log.persist(HardState.newBuilder().setTerm(1).setCommit(1).build());
            log.install(first);
        }
        voters.forEach(this::restart);
        clients();
    }

    private Seat newSeat(String id) {
        Seat seat = new Seat(new SimulatedDisk(id, time, dice.fork(id.hashCode()), safety));
        seats.put(id, seat);
        return seat;
    }

    /** Somebody new, with an empty log; no member until the group says so. */
    void join(String id) {
        newSeat(id);
        restart(id);
    }

    /** Its disk is gone, and so is the member: whoever comes back in its place has another id. */
    void wipe(String id) {
        story.count(Happening.WIPED_DISK);
        story.tell(id, -40, 0, () -> "loses its disk");
        crash(id);
        safety.wiped(id);
        seats.remove(id);
    }

    @Override
    public void configuration(String id, long index, ConfState state) {
        ConfState known = agreed.putIfAbsent(index, state);
        if (known != null && !known.equals(state)) {
            story.violation(id + " has at index " + index + " the configuration " + state + ", others have " + known);
        } else if (known == null && state.getVotersOutgoingCount() > 0) {
            story.count(Happening.JOINT_CHANGE);
        } else if (known == null) {
            story.count(Happening.SIMPLE_CHANGE);
        }
    }

    private List<ConfState> configurationsOf(String id) {
        CoreNode node = seats.containsKey(id) ? seat(id).node : null;
        return node == null ? List.of() : node.configurations();
    }

    private Seat seat(String id) {
        return Objects.requireNonNull(seats.get(id), () -> "no member '" + id + "', only " + seats.keySet());
    }

    /** The node, where it runs. */
    @Nullable
    CoreNode node(String id) {
        Seat seat = seats.get(id);
        CoreNode node = seat == null ? null : seat.node;
        return node == null || node.process().dead() ? null : node;
    }

    Safety safety() {
        return safety;
    }

    // ---------------------------------------------------------------------------------------------------- its clients

    private void clients() {
        time.after(dice.below(25_000_000), () -> {
            ask(dice.oneOf(members()));
            clients();
        });
    }

    @Override
    public void burst(String id) {
        for (int i = 0; i < BURST; i++) {
            ask(id);
        }
    }

    private void ask(String id) {
        CoreNode node = node(id);
        if (node != null && node.process().stoppedForNanos() == 0) {
            Outcomes.Operation operation = outcomes.begin(id, () -> {});
            time.after(PATIENCE_NANOS, operation::giveUp);
            if (dice.permille(500)) {
                node.propose(operation);
            } else {
                node.read(operation);
            }
        }
    }

    /** A proposal on this node; whether it was applied is for the caller to see. */
    Outcomes.@Nullable Operation propose(String id) {
        CoreNode node = node(id);
        if (node == null) {
            return null;
        }
        Outcomes.Operation operation = outcomes.begin(id, () -> {});
        node.propose(operation);
        return operation;
    }

    // ---------------------------------------------------------------------------------------------------------- Arena

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

    @Override
    public List<String> members() {
        return new ArrayList<>(seats.keySet());
    }

    @Override
    public List<String> running() {
        return seats.keySet().stream().filter(id -> node(id) != null).toList();
    }

    @Override
    public @Nullable String leader() {
        String leader = null;
        long highest = 0;
        for (String id : seats.keySet()) {
            CoreNode node = node(id);
            if (node != null && node.leads() && node.core().term() > highest) {
                highest = node.core().term();
                leader = id;
            }
        }
        return leader;
    }

    @Override
    public void pass(long nanos) {
        long limit = time.now() + nanos;
        boolean more = true;
        while (more && story.violation() == null) {
            if (time.happened() > SimulatedGroup.MOST_EVENTS) {
                story.violation("more than " + SimulatedGroup.MOST_EVENTS + " events: something goes in circles");
            }
            try {
                more = time.next(limit);
            } catch (RuntimeException | Error failure) { // a core must not throw, whatever it is told
                story.violation("a core failed: " + failure);
            }
        }
    }

    @Override
    public void crash(String id) {
        Seat seat = seat(id);
        CoreNode node = seat.node;
        if (node == null) {
            return;
        }
        boolean ran = !node.process().dead();
        node.process().kill();
        seat.node = null;
        boolean lost = seat.disk.crash();
        if (ran) {
            story.count(Happening.CRASH);
            story.tell(id, -12, lost ? 1 : 0, () -> lost ? "crashes, and loses what was not synced" : "crashes");
            if (lost) {
                story.count(Happening.LOSSY_CRASH);
            }
        }
        outcomes.abandon(id);
    }

    @Override
    public void restart(String id) {
        crash(id);
        Seat seat = seat(id);
        Dice own = dice.fork(id.hashCode() * 1_000L + seat.starts++);
        story.tell(id, -10, seat.starts, () -> "starts");
        safety.restarted(id);
        Incarnation process = new Incarnation(time, own.between(-20_000, 20_000), 0);
        CoreNode node = new CoreNode(id, around, process, seat.disk, network, own);
        seat.node = node;
        node.start();
    }

    /** In order: it hands leadership over first. */
    @Override
    public void stop(String id) {
        CoreNode node = node(id);
        if (node != null) {
            node.transferTo(dice.oneOf(members()));
            time.after(300_000_000L, () -> {
                if (seats.containsKey(id) && node(id) == node) {
                    crash(id);
                }
            });
        }
    }

    @Override
    public void pause(String id, long nanos) {
        CoreNode node = node(id);
        if (node != null) {
            story.count(Happening.PAUSE);
            story.tell(id, -13, nanos, () -> "stands still for " + nanos / 1_000_000 + " ms");
            node.process().pause(nanos);
        }
    }

    @Override
    public SimulatedDisk disk(String id) {
        return seat(id).disk;
    }

    @Override
    public void lagApplier(String id, long nanos) {
        CoreNode node = seats.containsKey(id) ? node(id) : null;
        if (node != null) {
            node.lagApplier(nanos);
        }
    }

    @Override
    public void special() {
        changes.one();
    }
}
