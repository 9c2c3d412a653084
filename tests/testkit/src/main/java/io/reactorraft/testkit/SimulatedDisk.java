package io.reactorraft.testkit;

import com.google.protobuf.ByteString;
import io.reactorraft.core.LogView;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.EntryType;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.DiskFullException;
import io.reactorraft.spi.LogStore;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/**
 * A log in memory that behaves like one on a disk: syncs take time, many writes share one, and a crash loses what was not
 * synced. It can be slow, stand still, or fail.
 *
 * <p>Survives the processes that use it one after another. One thread, virtual time.
 */
final class SimulatedDisk implements LogStore {
    private static final long FASTEST_SYNC_NANOS = TimeUnit.MICROSECONDS.toNanos(80);
    private static final long LOOK_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final String nodeId;
    private final ByteString dataId;
    private final VirtualTime time;
    private final Dice dice;
    private final Safety safety;
    private final Map<String, DurableLog> logs = new LinkedHashMap<>();
    private final Map<String, Long> syncedCommits = new LinkedHashMap<>();
    private final Map<String, DurableLog> neverSynced = new LinkedHashMap<>();
    private final ArrayDeque<Work> queued = new ArrayDeque<>();
    private final long fewInMemory;
    private long inMemoryEntries;
    private List<Work> underWay = List.of();
    private @Nullable Incarnation owner;
    private long opened;
    private boolean busy;
    private @Nullable RuntimeException failure;
    private long slowestSyncNanos = TimeUnit.MILLISECONDS.toNanos(2);
    private boolean stalled;
    private boolean mayFill;
    private boolean full;
    private long refusals;
    private boolean filled; // at some time since the process began
    private boolean failsNext;
    private boolean acknowledgesEarly;

    /** Something to be done in order. {@code writes}: what a crash before its sync loses. */
    private record Work(Supplier<Object> task, MonoSink<Object> sink, boolean sync, boolean writes) {}

    private static final Object NOTHING = new Object();

    SimulatedDisk(String nodeId, VirtualTime time, Dice dice, Safety safety) {
        this(nodeId, 1, time, dice, safety);
    }

    /** The member's {@code number}th disk. */
    SimulatedDisk(String nodeId, int number, VirtualTime time, Dice dice, Safety safety) {
        this.nodeId = nodeId;
        this.dataId = ByteString.copyFromUtf8("disk " + number + " of " + nodeId);
        this.time = time;
        this.dice = dice;
        this.safety = safety;
        this.fewInMemory = dice.permille(300) ? dice.below(4) : dice.below(400);
        this.inMemoryEntries = fewInMemory;
    }

    // --------------------------------------------------------------------------------------------------- its faults

    /** Syncs take up to this long from now on. */
    void slowestSync(long nanos) {
        slowestSyncNanos = nanos;
    }

    /** Nothing completes while this is on. */
    void stalled(boolean on) {
        stalled = on;
    }

    /** The next sync fails, and everything after it until the node is started again. */
    void failNextSync() {
        failsNext = true;
    }

    /** Whether whoever writes to this disk goes on when it is full. */
    void mayFill() {
        mayFill = true;
    }

    /** There is no room for entries while this is on, where that is allowed. */
    void full(boolean on) {
        full = on && mayFill;
        filled |= full;
    }

    /** Stands still, is full, or fails at once or soon. */
    boolean isAtFault() {
        return stalled || failsNext || full || failure != null;
    }

    /** Quick again, with room, and without faults to come; a sync that failed stays failed. */
    void mend() {
        full = false;
        slowestSyncNanos = TimeUnit.MILLISECONDS.toNanos(2);
        stalled = false;
        failsNext = false;
    }

    /** A broken disk: from now on it says "durable" at once, and never syncs. */
    void acknowledgesEarly() {
        acknowledgesEarly = true;
        logs.forEach((group, log) -> neverSynced.put(group, log.copy()));
    }

    /**
     * The process is gone. What was not synced is lost, or a part of it reached the disk without anybody knowing.
     *
     * @return whether anything was lost
     */
    boolean crash() {
        opened++;
        busy = false;
        List<Work> unsynced = new ArrayList<>(underWay);
        unsynced.addAll(queued);
        underWay = List.of();
        queued.clear();
        boolean early = acknowledgesEarly;
        if (early) {
            logs.replaceAll((group, log) -> onDisk(group).copy());
        }
        long written = dice.permille(250) ? dice.below(unsynced.size() + 1L) : 0;
        if (written == 0) { // else what came before it is on the disk, too
            logs.forEach((group, log) -> log.loseCommit(syncedCommits.getOrDefault(group, 0L)));
        }
        for (Work work : unsynced.subList(0, (int) written)) {
            if (work.writes) {
                try {
                    Object unused = work.task.get(); // it is done, and nobody hears of it
                } catch (DiskFullException | IllegalArgumentException refused) {
                    // and nobody hears of that either
                }
            }
        }
        return early || unsynced.stream().skip(written).anyMatch(work -> work.writes && work.sync);
    }

    /** By which the group tells it from an emptied one. */
    ByteString dataId() {
        return dataId;
    }

    /** What a crash would leave, but for a commit index that was not synced. */
    DurableLog onDisk(String groupId) {
        return acknowledgesEarly ? neverSynced.computeIfAbsent(groupId, group -> new DurableLog()) : log(groupId);
    }

    DurableLog log(String groupId) {
        return logs.computeIfAbsent(groupId, group -> new DurableLog());
    }

    /** Whoever is started next uses this disk from now on; what is in memory of the log is forgotten. */
    void belongsTo(Incarnation process) {
        opened++;
        owner = process;
        failure = null;
        failsNext = false;
        filled = full;
        busy = false;
        underWay = List.of();
        queued.clear();
        logs.values().forEach(log -> log.forgetBelow(log.lastIndex() + 1));
    }

    /** Nothing has to be read while this is on, for those who cannot. */
    void keepsAllInMemory(boolean on) {
        inMemoryEntries = on ? Integer.MAX_VALUE : fewInMemory;
        if (on) {
            logs.values().forEach(log -> log.forgetBelow(0));
        }
    }

    // ------------------------------------------------------------------------------------------------------ LogStore

    @Override
    public Mono<Owner> open(Path directory, String clusterId, String node) {
        return work(() -> new Owner(clusterId, nodeId, dataId), false, false);
    }

    @Override
    public HardState hardState(String groupId) {
        return log(groupId).hardState();
    }

    @Override
    public SnapshotMetadata snapshotMark(String groupId) {
        return log(groupId).mark();
    }

    @Override
    public LogView view(String groupId) {
        return log(groupId);
    }

    @Override
    public Mono<Void> append(String groupId, HardState hardState, List<Entry> entries) {
        return Mono.defer(() -> {
                    HardState before = log(groupId).hardState();
                    boolean commitAlone = entries.isEmpty()
                            && hardState.getTerm() == before.getTerm()
                            && hardState.getVote().equals(before.getVote());
                    boolean told = !filled;
                    long asOf = refusals;
                    if (told) {
                        safety.handed(nodeId, hardState, entries);
                    }
                    return this.<Object>work(
                            () -> {
                                DurableLog log = log(groupId);
                                if (filled) {
                                    refuse(log, hardState, entries);
                                }
                                if (!told || asOf != refusals) {
                                    safety.handed(nodeId, hardState, entries); // not before it is known to be taken
                                }
                                log.persist(hardState);
                                log.append(entries);
                                log.forgetBelow(log.lastIndex() + 1 - inMemoryEntries);
                                return NOTHING;
                            },
                            !commitAlone,
                            true);
                })
                .then();
    }

    @Override
    public boolean isFull() {
        return full;
    }

    /** What there is no room for, and what stands behind it. */
    private void refuse(DurableLog log, HardState hardState, List<Entry> entries) {
        long first = entries.isEmpty() ? log.lastIndex() : entries.get(0).getIndex();
        long last = entries.isEmpty() ? log.lastIndex() : first + entries.size() - 1;
        boolean noRoom = full && entries.stream().anyMatch(entry -> entry.getType() == EntryType.ENTRY_NORMAL);
        boolean behind = first > log.lastIndex() + 1 || hardState.getCommit() > last;
        if (noRoom || behind) {
            refusals++;
            safety.refused(nodeId);
            throw noRoom
                    ? new DiskFullException("no room (simulated)")
                    : new IllegalArgumentException("behind what was refused (simulated)");
        }
    }

    @Override
    public Mono<Void> mark(String groupId, SnapshotMetadata snapshot) {
        return Mono.defer(() -> {
                    if (log(groupId).term(snapshot.getIndex()) == snapshot.getTerm()) {
                        return keep(groupId, snapshot);
                    }
                    safety.installing(nodeId, snapshot);
                    return this.<Object>work(
                            () -> {
                                log(groupId).install(snapshot);
                                return NOTHING;
                            },
                            true,
                            true);
                })
                .then();
    }

    /** This node's own snapshot is durable; the log may be compacted up to it. */
    Mono<Void> keep(String groupId, SnapshotMetadata snapshot) {
        return this.<Object>work(
                        () -> {
                            log(groupId).keep(snapshot);
                            return NOTHING;
                        },
                        true,
                        true)
                .then();
    }

    @Override
    public Mono<List<Entry>> read(String groupId, long from, long to, long maxBytes) {
        long few = dice.permille(200) ? from + 1 + dice.below(5) : to;
        return work(() -> log(groupId).read(from, Math.min(few, to), maxBytes), false, false);
    }

    @Override
    public Mono<Void> compact(String groupId, long upTo) {
        return this.<Object>work(
                        () -> {
                            log(groupId).compact(upTo - dice.below(5));
                            return NOTHING;
                        },
                        true,
                        true)
                .then();
    }

    @Override
    public Mono<Void> close() {
        return this.<Object>work(() -> NOTHING, true, false).then();
    }

    // ------------------------------------------------------------------------------------------------- its own thread

    /** Whatever is done, in the order in which it was asked for. */
    private <T> Mono<T> work(Supplier<T> task, boolean sync, boolean writes) {
        return Mono.create(sink -> {
            RuntimeException broken = failure;
            if (broken != null) {
                sink.error(broken);
            } else if (acknowledgesEarly && writes) {
                sink.success(task.get());
            } else {
                queued.add(new Work(task::get, uncheckedSink(sink), sync, writes));
                startSync();
            }
        });
    }

    @SuppressWarnings("unchecked") // the task that goes with the sink makes what the sink takes
    private static <T> MonoSink<Object> uncheckedSink(MonoSink<T> sink) {
        return (MonoSink<Object>) sink;
    }

    private void startSync() {
        if (busy || queued.isEmpty()) {
            return;
        }
        busy = true;
        underWay = new ArrayList<>(queued);
        queued.clear();
        boolean sync = underWay.stream().anyMatch(Work::sync);
        long nanos = FASTEST_SYNC_NANOS + dice.below(sync ? slowestSyncNanos : FASTEST_SYNC_NANOS);
        long begun = opened;
        time.after(nanos, () -> endSync(begun));
    }

    private void endSync(long begun) {
        Incarnation process = Objects.requireNonNull(owner, "a disk works for a process");
        if (begun != opened || process.dead()) {
            return;
        }
        if (stalled || process.stoppedForNanos() > 0) {
            time.after(Math.max(LOOK_AGAIN_NANOS, process.stoppedForNanos()), () -> endSync(begun));
            return;
        }
        if (failsNext) {
            fail();
            return;
        }
        List<Work> done = underWay;
        underWay = List.of();
        boolean sync = done.stream().anyMatch(Work::sync);
        for (Work work : done) {
            complete(work, sync);
            if (begun != opened) {
                return; // what was told ended the process
            }
        }
        busy = false;
        startSync();
    }

    private void complete(Work work, boolean sync) {
        Object made;
        try {
            made = work.task.get();
        } catch (IndexOutOfBoundsException | DiskFullException | IllegalArgumentException refused) {
            work.sink.error(refused);
            return;
        }
        if (sync) {
            logs.forEach(
                    (group, log) -> syncedCommits.put(group, log.hardState().getCommit()));
        }
        work.sink.success(made);
    }

    private void fail() {
        RuntimeException broken = new DiskFailedException(nodeId);
        failure = broken;
        List<Work> lost = new ArrayList<>(underWay);
        lost.addAll(queued);
        underWay = List.of();
        queued.clear();
        lost.forEach(work -> work.sink.error(broken));
    }
}
