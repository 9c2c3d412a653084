package io.reactorraft.testkit;

import io.reactorraft.Alarm;
import io.reactorraft.Leadership;
import io.reactorraft.Member;
import io.reactorraft.RaftConfig;
import io.reactorraft.RaftNode;
import io.reactorraft.RaftStatus;
import io.reactorraft.StateMachine;
import io.reactorraft.VirtualNode;
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
    private final InMemoryDisk snapshots = new InMemoryDisk();
    private final Surroundings<C, R> around;
    private @Nullable Running<C, R> running;
    private int starts;

    /**
     * What all members of a simulation share.
     *
     * @param publishedLeaders by term, who showed itself as leader
     * @param workers by term, whose leader-only work ran
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
            List<Member> members,
            RaftConfig config) {}

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

    SimulatedMember(Member self, SimulatedDisk disk, Surroundings<C, R> around) {
        this.self = self;
        this.disk = disk;
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
                        around.members,
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
        node.closed().subscribe(ending -> ended(started, "ends: " + ending), error -> failed(started, error));
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
        } else {
            around.story.violation(id() + " failed, and its disk did not: " + error);
        }
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
