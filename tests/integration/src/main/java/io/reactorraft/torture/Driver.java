package io.reactorraft.torture;

import io.reactorraft.proto.SnapshotMetadata;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** Calls the stores as a node would, several calls ahead of their acknowledgement, and tells of each. */
final class Driver {
    private static final int OUTSTANDING = 6;
    private static final Duration LONGEST_CALL = Duration.ofSeconds(60);

    private final Stores stores;
    private final Consumer<String> telling;
    private final SplittableRandom random;
    private final Map<String, Workload> workloads = new TreeMap<>();
    private final Semaphore room;
    private final int outstanding;
    private volatile @Nullable Throwable failure;
    private long called;

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

    /** Makes that many calls more and waits for the last of them. */
    void run(long operations) throws InterruptedException {
        for (long until = operations < Long.MAX_VALUE - called ? called + operations : operations; called < until; ) {
            String group = Stores.GROUPS.get(random.nextInt(4) == 0 ? 1 : 0);
            Workload workload = workloads.get(group);
            if (workload == null) {
                throw new AssertionError("no workload of group " + group);
            }
            if (workload.wantsSnapshot() && random.nextInt(6) == 0) {
                snapshot(workload);
            } else {
                call(workload.append(called + 1));
            }
        }
        acquire(outstanding);
        room.release(outstanding);
    }

    private void snapshot(Workload workload) throws InterruptedException {
        SnapshotMetadata snapshot = workload.snapshot();
        if (!workload.accepts(snapshot)) {
            return;
        }
        call(Operation.mark(called + 1, snapshot));
        workload.marked(snapshot);
        call(workload.compact(called + 1));
    }

    private void call(Operation operation) throws InterruptedException {
        acquire(1);
        called = operation.number();
        telling.accept("begin " + operation.line());
        make(operation)
                .subscribe(
                        nothing -> {},
                        failed -> {
                            telling.accept("failed " + operation.number() + " " + failed);
                            failure = failed;
                            room.release(outstanding);
                        },
                        () -> {
                            telling.accept("done " + operation.number());
                            room.release();
                        });
    }

    private void acquire(int permits) throws InterruptedException {
        if (!room.tryAcquire(permits, LONGEST_CALL.toSeconds(), TimeUnit.SECONDS)) {
            throw new ViolationException("a call was not answered within " + LONGEST_CALL);
        }
        Throwable failed = failure;
        if (failed != null) {
            throw new ViolationException("a call failed: " + failed, failed);
        }
    }

    private Mono<Void> make(Operation operation) {
        return switch (operation.kind()) {
            case APPEND -> stores.log().append(operation.group(), operation.hardState(), operation.entries());
            case MARK ->
                stores.log()
                        .mark(
                                operation.group(),
                                SnapshotMetadata.newBuilder()
                                        .setGroupId(operation.group())
                                        .setIndex(operation.index())
                                        .setTerm(operation.term())
                                        .setSnapshotId(operation.snapshotId())
                                        .build());
            case COMPACT -> stores.log().compact(operation.group(), operation.index());
        };
    }
}
