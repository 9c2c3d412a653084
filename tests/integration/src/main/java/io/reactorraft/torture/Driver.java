package io.reactorraft.torture;

import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.DiskFullException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Calls the stores as a node would, several calls ahead of their acknowledgement, and tells of each. Snapshots are saved
 * while appends go on.
 *
 * <p>All calls are made on the thread of {@link #run}.
 */
final class Driver {
    private static final int OUTSTANDING = 6;
    private static final Duration LONGEST_CALL = Duration.ofSeconds(60);

    private final Stores stores;
    private final Consumer<String> telling;
    private final SplittableRandom random;
    private final Map<String, Workload> workloads = new TreeMap<>();
    private final LinkedBlockingQueue<Step> due = new LinkedBlockingQueue<>();
    private final Semaphore room;
    private final int outstanding;
    private volatile @Nullable Throwable failure;
    private int snapshots;
    private long called;

    /** What a snapshot does next. */
    @FunctionalInterface
    private interface Step {
        void take() throws InterruptedException;
    }

    /** A driver that is several calls ahead of their acknowledgement. */
    Driver(Stores stores, List<Found> found, long seed, Consumer<String> telling) {
        this(stores, found, seed, telling, OUTSTANDING);
    }

    /** With one call outstanding, a seed always leaves the same files. */
    Driver(Stores stores, List<Found> found, long seed, Consumer<String> telling, int outstanding) {
        this.outstanding = outstanding;
        this.room = new Semaphore(outstanding);
        this.stores = stores;
        this.telling = telling;
        this.random = new SplittableRandom(seed);
        for (Found each : found) {
            workloads.put(each.group(), new Workload(each, random.split()));
        }
    }

    /** Makes that many calls more, and waits for the last of them and for what snapshots are under way. */
    void run(long operations) throws InterruptedException {
        for (long until = operations < Long.MAX_VALUE - called ? called + operations : operations; called < until; ) {
            String group = Stores.GROUPS.get(random.nextInt(4) == 0 ? 1 : 0);
            Workload workload = workloads.get(group);
            if (workload == null) {
                throw new AssertionError("no workload of group " + group);
            }
            if (snapshots == 0 && workload.wantsSnapshot() && random.nextInt(6) == 0) {
                save(workload, workload.snapshot());
            } else {
                Operation append = workload.append(called + 1);
                call(append, () -> stores.log().append(group, append.hardState(), append.entries()), () -> {});
            }
            step(outstanding == 1);
        }
        step(true);
        acquire(outstanding);
        room.release(outstanding);
    }

    private void save(Workload workload, SnapshotMetadata snapshot) {
        snapshots++;
        telling.accept("saving " + snapshot.getGroupId() + " " + snapshot.getIndex());
        stores.snapshots()
                .save(snapshot, new SnapshotContent(snapshot).emit())
                .timeout(LONGEST_CALL)
                .subscribe(
                        saved -> due.add(() -> mark(workload, saved)),
                        unsaved -> due.add(() -> {
                            telling.accept(
                                    "unsaved " + snapshot.getGroupId() + " " + snapshot.getIndex() + " " + unsaved);
                            snapshots--; // that one alone: the next may succeed
                        }));
    }

    private void mark(Workload workload, SnapshotMetadata saved) throws InterruptedException {
        telling.accept("saved " + saved.getGroupId() + " " + saved.getIndex() + " " + saved.getSnapshotId());
        if (!workload.accepts(saved)) {
            snapshots--; // overtaken: it stays without a mark
            return;
        }
        Operation mark = Operation.mark(called + 1, saved);
        workload.marked(saved);
        call(
                mark,
                () -> stores.log().mark(saved.getGroupId(), saved),
                () -> stores.snapshots()
                        .marked(saved)
                        .timeout(LONGEST_CALL)
                        .subscribe(upTo -> due.add(() -> compact(saved.getGroupId(), upTo)), this::fail));
    }

    private void compact(String group, long upTo) throws InterruptedException {
        telling.accept("compacting " + group + " " + upTo);
        Operation compact = Operation.compact(called + 1, group, upTo);
        call(compact, () -> stores.log().compact(group, upTo), () -> {});
        snapshots--;
    }

    /** Takes the steps that are due; where {@code all}, waits for those that will be. */
    private void step(boolean all) throws InterruptedException {
        long patience = System.nanoTime() + LONGEST_CALL.toNanos();
        while (all ? snapshots > 0 : !due.isEmpty()) {
            Step next = due.poll(10, TimeUnit.MILLISECONDS);
            if (next != null) {
                next.take();
            }
            checkFailure();
            if (System.nanoTime() > patience) {
                throw new ViolationException("a snapshot was not finished within " + LONGEST_CALL);
            }
        }
    }

    /** Tells of a call, makes it, and tells of its acknowledgement. The log does its work in the order of these. */
    private void call(Operation operation, Supplier<Mono<Void>> making, Runnable then) throws InterruptedException {
        acquire(1);
        called = operation.number();
        telling.accept("begin " + operation.line());
        making.get().subscribe(nothing -> {}, failed -> notDone(operation, failed), () -> {
            telling.accept("done " + operation.number());
            room.release();
            then.run();
        });
    }

    /** A log that has no room, or is asked for what does not connect, writes nothing of it and goes on with others. */
    private void notDone(Operation operation, Throwable failed) {
        if (failed instanceof DiskFullException || failed instanceof IllegalArgumentException) {
            telling.accept("turned-away " + operation.number());
        }
        fail(failed);
    }

    private void fail(Throwable failed) {
        telling.accept("failed " + failed);
        failure = failed;
        room.release(outstanding);
    }

    private void acquire(int permits) throws InterruptedException {
        if (!room.tryAcquire(permits, LONGEST_CALL.toSeconds(), TimeUnit.SECONDS)) {
            throw new ViolationException("a call was not answered within " + LONGEST_CALL);
        }
        checkFailure();
    }

    private void checkFailure() {
        Throwable failed = failure;
        if (failed != null) {
            throw new ViolationException("a call failed: " + failed, failed);
        }
    }
}
