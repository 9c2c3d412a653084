package io.reactorraft.testkit;

import io.reactorraft.Alarm;
import io.reactorraft.Ending;
import io.reactorraft.Leadership;
import io.reactorraft.Member;
import io.reactorraft.RaftConfig;
import io.reactorraft.RaftException;
import io.reactorraft.RaftNode;
import io.reactorraft.RaftStatus;
import io.reactorraft.StateMachine;
import io.reactorraft.VirtualNode;
import io.reactorraft.proto.ConfState;
import io.reactorraft.spi.StartRefusedException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One member of a simulated cluster: a disk that lasts, and the processes that use it one after another. */
final class SimulatedMember<C, R> {

    /** Clocks run this much fast or slow at most. */
    private static final int MAX_DRIFT_PARTS_PER_MILLION = 20_000;

    /** With leases even more, up to what they allow for: two clocks within a fifth of one another. */
    private static final int MAX_DRIFT_WITH_LEASES = 80_000;

    private static final int MAX_SKEW_MILLIS = 5_000;

    private final Member self;
    private final SimulatedDisk disk;
    private final List<String> joinVia;
    private final InMemoryDisk snapshots = new InMemoryDisk();
    private final Surroundings<C, R> around;
    private @Nullable Running<C, R> running;
    private int starts;
    private boolean established;
    private boolean lost;
    private long appliedWhenHanded;
    private long appliedBefore;

    /**
     * What all members of a simulation share.
     *
     * @param publishedLeaders by term, who showed itself as leader
     * @param workers by term, whose leader-only work ran
     * @param founders those that start the group
     */
    record Surroundings<C, R>(
            VirtualTime time,
            Dice dice,
            SimulatedNetwork network,
            Safety safety,
            Outcomes outcomes,
            Story story,
            Map<Long, String> publishedLeaders,
            Map<Long, String> workers,
            Supplier<? extends StateMachine<C, R>> machines,
            List<Member> founders,
            RaftConfig config,
            LoggedConfigurations logged) {}

    /** One start of the process. */
    private static final class Running<C, R> {
        final Incarnation process;
        final RaftNode<C, R> node;
        final Replica<C, R> replica;
        final VirtualScheduler apply;
        final LeaderJob job;
        RaftStatus seen;
        long shownTerm;
        long ledTerm;
        long losses;
        boolean stopping;
        boolean ended;

        Running(
                Incarnation process,
                RaftNode<C, R> node,
                Replica<C, R> replica,
                VirtualScheduler apply,
                LeaderJob job) {
            this.process = process;
            this.node = node;
            this.replica = replica;
            this.apply = apply;
            this.job = job;
            this.seen = node.status();
        }
    }

    /**
     * A member with this disk.
     *
     * @param joinVia whom it asks to be let in; nobody: it is one of those that start the group
     */
    SimulatedMember(Member self, SimulatedDisk disk, List<String> joinVia, Surroundings<C, R> around) {
        this.self = self;
        this.disk = disk;
        this.joinVia = joinVia;
        this.around = around;
        disk.mayFill();
    }

    String id() {
        return self.id();
    }

    SimulatedDisk disk() {
        return disk;
    }

    boolean isRunning() {
        Running<C, R> now = running;
        return now != null && !now.ended;
    }

    /** Its disk is gone: it never runs again. */
    boolean isLost() {
        return lost;
    }

    /** Kills it, and takes its disk away. */
    void lose() {
        around.story.count(Happening.WIPED_DISK);
        around.story.tell(id(), -15, 0, () -> "loses its disk");
        crash();
        lost = true;
    }

    /** Whether the group, by its log, has it: with this very disk. */
    boolean isMember() {
        return around.logged.isMember(id(), disk.dataId());
    }

    /** Runs, and does not stand still. */
    boolean isAwake() {
        return isRunning() && latest().process.stoppedForNanos() == 0;
    }

    /** The node of the last start, even where it has ended. */
    RaftNode<C, R> node() {
        return latest().node;
    }

    Replica<C, R> replica() {
        return latest().replica;
    }

    private Running<C, R> latest() {
        Running<C, R> now = running;
        if (now == null) {
            throw new IllegalStateException(id() + " was crashed; restart(\"" + id() + "\") it first");
        }
        return now;
    }

    void start() {
        if (lost) {
            throw new IllegalStateException(id() + " has no disk any more");
        }
        appliedWhenHanded = 0;
        appliedBefore = 0;
        around.story.tell(id(), -10, starts, () -> "starts");
        Dice dice = around.dice.fork(id().hashCode() * 1_000L + starts++);
        int drift = around.config.leaseReads() ? MAX_DRIFT_WITH_LEASES : MAX_DRIFT_PARTS_PER_MILLION;
        Incarnation process = new Incarnation(
                around.time, dice.between(-drift, drift), dice.between(-MAX_SKEW_MILLIS, MAX_SKEW_MILLIS));
        disk.belongsTo(process);
        around.safety.restarted(id());
        Replica<C, R> replica =
                new Replica<>(id(), around.machines.get(), around.safety, around.outcomes, around.story);
        VirtualScheduler apply = new VirtualScheduler(around.time, process, dice);
        RaftNode<C, R> node = VirtualNode.create(
                new VirtualNode.Place(
                        self,
                        joinVia.isEmpty() ? around.founders : foundersBut(id()),
                        joinVia,
                        around.config,
                        around.network.transport(id(), process),
                        disk,
                        new InMemorySnapshotStore(snapshots)),
                replica,
                new VirtualNode.Clockwork(
                        new VirtualScheduler(around.time, process, dice),
                        apply,
                        new VirtualScheduler(around.time, process, dice),
                        () -> Instant.ofEpochMilli(process.wallMillis()),
                        process::nanoTime,
                        dice.nextLong()));
        LeaderJob job = new LeaderJob(
                id(), process, new LeaderJob.Surroundings(around.time, dice, around.story, around.workers));
        Running<C, R> started = new Running<>(process, node, replica, apply, job);
        running = started;
        job.attend(node);
        node.start().subscribe(nothing -> {}, error -> {}); // closed() tells why
        node.leadership().subscribe(shown -> shown(started, shown));
        node.closed().subscribe(ending -> ended(started, ending), error -> failed(started, error));
    }

    private List<Member> foundersBut(String id) {
        return around.founders.stream()
                .filter(founder -> !founder.id().equals(id))
                .toList();
    }

    private void ended(Running<C, R> which, Ending ending) {
        ended(which, "ends: " + ending);
        if (ending == Ending.REMOVED) {
            around.story.count(Happening.REMOVED_ENDED);
        }
        if (ending == Ending.REMOVED && isMember()) {
            around.story.violation(id() + " ends as one that was removed, and is a member");
        }
    }

    private void ended(Running<C, R> which, String how) {
        which.ended = true;
        which.job.nodeEnded();
        around.story.tell(id(), -11, 0, () -> how);
        around.outcomes.abandon(id());
    }

    private void failed(Running<C, R> which, Throwable error) {
        ended(which, "fails: " + error.getMessage());
        if (hasCause(error, DiskFailedException.class)) {
            around.story.count(Happening.DISK_FAILURE);
        } else if (!joinVia.isEmpty() && !established && mayGiveUp(error)) {
            around.story.count(Happening.JOIN_REFUSED);
        } else if (hasCause(error, StartRefusedException.class) && !isMember()) {
            around.story.count(Happening.REFUSED_FOR_GOOD);
        } else {
            around.story.violation(id() + " failed, and its disk did not: " + error);
        }
    }

    /** Whoever has never been in the group may be refused, or find nobody that answers. */
    private static boolean mayGiveUp(Throwable error) {
        return hasCause(error, StartRefusedException.class) || hasCause(error, RaftException.NotLeader.class);
    }

    private static boolean hasCause(@Nullable Throwable error, Class<? extends Throwable> kind) {
        return error != null && (kind.isInstance(error) || hasCause(error.getCause(), kind));
    }

    /** The process is killed; what its disk had not synced is lost. */
    void crash() {
        Running<C, R> now = running;
        if (now == null) {
            return;
        }
        running = null;
        now.process.kill();
        if (!now.ended) {
            around.network.ended(id());
        }
        boolean lost = disk.crash();
        if (!now.ended) {
            around.story.count(Happening.CRASH);
            if (lost) {
                around.story.count(Happening.LOSSY_CRASH);
            }
            around.story.tell(
                    id(), -12, lost ? 1 : 0, () -> lost ? "crashes, and loses what was not synced" : "crashes");
        }
        around.outcomes.abandon(id());
    }

    void pause(long nanos) {
        Running<C, R> now = running;
        if (now != null) {
            around.story.count(Happening.PAUSE);
            around.story.tell(id(), -13, nanos, () -> "stands still for " + nanos / 1_000_000 + " ms");
            now.process.pause(nanos);
        }
    }

    void lagApplier(long nanos) {
        Running<C, R> now = running;
        if (now != null) {
            now.apply.lag(nanos);
        }
    }

    void stop() {
        if (isRunning()) {
            around.story.tell(id(), -14, 0, () -> "is stopped");
            latest().stopping = true;
            node().stop().subscribe(nothing -> {}, error -> {});
        }
    }

    /** How long a client that asks now waits for this start of the process; one that is stopped is excused. */
    Patience patience(long nanos) {
        Running<C, R> asked = latest();
        return new Patience(around.time, asked.process, nanos, () -> asked.stopping || asked.ended);
    }

    /** What it has decided is handed to its disk, perhaps in two parts. */
    void handed() {
        Running<C, R> now = running;
        appliedBefore = appliedWhenHanded;
        appliedWhenHanded = now == null ? 0 : now.seen.appliedIndex();
    }

    /** What may have been in force here since then. */
    List<ConfState> inForce() {
        Running<C, R> now = running;
        return around.logged.inForce(
                appliedBefore,
                now == null ? appliedWhenHanded : now.node.status().appliedIndex());
    }

    /** Whether it has ever applied anything. */
    boolean isEstablished() {
        return established;
    }

    /** How often this start has shown that it does not lead. */
    long losses() {
        return latest().losses;
    }

    // --------------------------------------------------------------------------------------------- what is checked

    /** Leadership as subscribers see it: each term at most once, and only when caught up. */
    private void shown(Running<C, R> which, Leadership shown) {
        around.story.tell(
                id(),
                shown.term(),
                shown.role().name().hashCode(),
                () -> "shows " + shown.role() + " of term " + shown.term()
                        + (shown.leaderId() == null ? "" : ", leader " + shown.leaderId()));
        if (shown.term() < which.shownTerm) {
            around.story.violation(id() + " shows term " + shown.term() + " after term " + which.shownTerm);
        }
        which.shownTerm = shown.term();
        which.job.shown(shown);
        if (!shown.leading()) {
            which.losses++;
            return;
        }
        if (shown.term() <= which.ledTerm) {
            around.story.violation(id() + " shows itself as leader of term " + shown.term() + " twice");
        }
        which.ledTerm = shown.term();
        String other = around.publishedLeaders.putIfAbsent(shown.term(), id());
        if (other != null && !other.equals(id())) {
            around.story.violation(
                    "both " + other + " and " + id() + " show themselves as leader of term " + shown.term());
        }
        long first = around.safety.firstIndexOfTerm(id(), shown.term());
        long applied = which.node.status().appliedIndex();
        if (first == 0 || applied < first) {
            around.story.violation(id() + " shows itself as leader of term " + shown.term() + " and has applied "
                    + applied + ", while its term begins at " + first);
        }
    }

    /** After every event: nothing goes back. */
    @SuppressWarnings(
            "ReferenceEquality") // a status that was seen is the very same object; comparing it costs too much
    void watch() {
        Running<C, R> now = running;
        if (now == null) {
            return;
        }
        RaftStatus status = now.node.status();
        RaftStatus before = now.seen;
        if (status == before) {
            return;
        }
        now.seen = status;
        established |= status.appliedIndex() > 0;
        if (status.commitIndex() < before.commitIndex()
                || status.appliedIndex() < before.appliedIndex()
                || status.leadership().term() < before.leadership().term()) {
            around.story.violation(id() + " goes back: " + before + " and then " + status);
        }
        if (!status.alarms().equals(before.alarms())) {
            status.alarms().stream()
                    .filter(alarm -> alarm.kind() == Alarm.Kind.APPLIER_HALTED)
                    .forEach(alarm -> around.story.violation(alarm.message()));
        }
        if (status.appliedIndex() > status.commitIndex() || status.commitIndex() > status.lastIndex()) {
            around.story.violation(id() + ": applied <= commit <= last does not hold: " + status);
        }
    }
}
