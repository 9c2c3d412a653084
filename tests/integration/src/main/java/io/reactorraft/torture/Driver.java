package io.reactorraft.torture;

import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.torture.DriveCommand.Telling;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import reactor.core.publisher.Mono;

/** Calls the stores as a node would, several calls ahead of their acknowledgement, and tells of each. */
final class Driver {
    private static final int OUTSTANDING = 6;
    private static final Duration LONGEST_CALL = Duration.ofSeconds(60);

    private final Stores stores;
    private final Telling telling;
    private final SplittableRandom random;
    private final Map<String, Workload> workloads = new TreeMap<>();
    private final Semaphore room = new Semaphore(OUTSTANDING);
    private long called;

    Driver(Stores stores, List<Found> found, long seed, Telling telling) {
        this.stores = stores;
        this.telling = telling;
        this.random = new SplittableRandom(seed);
        for (Found each : found) {
            workloads.put(each.group(), new Workload(each, random.split()));
        }
    }

    /** Makes that many calls and waits for the last of them. */
    void run(long operations) throws InterruptedException {
        while (called < operations) {
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
        if (!room.tryAcquire(OUTSTANDING, LONGEST_CALL.toSeconds(), TimeUnit.SECONDS)) {
            throw new ViolationException("a call was not answered within " + LONGEST_CALL);
        }
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
        if (!room.tryAcquire(LONGEST_CALL.toSeconds(), TimeUnit.SECONDS)) {
            throw new ViolationException("a call was not answered within " + LONGEST_CALL);
        }
        called = operation.number();
        telling.tell("begin " + operation.line());
        make(operation)
                .subscribe(
                        nothing -> {},
                        failed -> {
                            telling.tell("failed " + operation.number() + " " + failed);
                            Runtime.getRuntime().halt(1);
                        },
                        () -> {
                            telling.tell("done " + operation.number());
                            room.release();
                        });
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
