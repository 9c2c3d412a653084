package io.reactorraft.integration;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.RaftConfig;
import io.reactorraft.SnapshotMeta;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/** Snapshots over real logs, files and sockets: followers that were away, restarts, all while writes go on. */
class SnapshotsOfRealNodesTest {
    private static final RaftConfig OFTEN = RaftConfig.defaults()
            .withSnapshotLogBytes(256 << 10)
            .withSnapshotPause(Duration.ofMillis(300))
            .withKeepEntries(50);
    private static final int WRITERS = 8;

    @TempDir
    Path directory;

    private final Map<String, String> acknowledged = new ConcurrentHashMap<>();

    @Test
    void aFollowerThatWasStoppedWhileTheLogWasCompactedCatchesUpUnderLoad() {
        try (RealNodes nodes = new RealNodes(directory, OFTEN, 3)) {
            nodes.ids().forEach(nodes::start);
            String away = nodes.follower();
            long known = nodes.node(away).status().lastIndex();
            nodes.stop(away);
            String leader = nodes.leader();
            try (Load load = new Load(nodes, leader)) {
                RealNodes.await(
                        "compacted logs of both, whoever leads",
                        () -> nodes.ids().stream()
                                .filter(id -> !id.equals(away))
                                .allMatch(id -> nodes.node(id).status().firstIndex() > known + 1));
                nodes.start(away);
                RealNodes.await(
                        "follower that has caught up",
                        () -> nodes.node(away).status().appliedIndex() + 200
                                > nodes.node(leader).status().appliedIndex());
                int then = load.count();
                RealNodes.await("writes that go on", () -> load.count() > then + 100);
            }
            assertThat(nodes.node(away).status().firstIndex()).isGreaterThan(known + 1);
            nodes.ids().forEach(id -> assertThat(nodes.state(id)).as(id).isEqualTo(acknowledged));
        }
    }

    @Test
    void aWholeClusterStartsFromItsSnapshotsAndTheLogsBehindThem() {
        try (RealNodes nodes = new RealNodes(directory, OFTEN, 3)) {
            nodes.ids().forEach(nodes::start);
            String leader = nodes.leader();
            try (Load load = new Load(nodes, leader)) {
                RealNodes.await(
                        "compacted log", () -> nodes.node(leader).status().firstIndex() > 1);
                assertThat(load.count()).isPositive();
            }
            nodes.ids().forEach(nodes::stop);
            nodes.ids().forEach(nodes::start);
            nodes.ids().forEach(id -> assertThat(nodes.state(id)).as(id).isEqualTo(acknowledged));
        }
    }

    @Test
    void oneThatIsAskedForHoldsAllThatWasAcknowledged() {
        try (RealNodes nodes = new RealNodes(directory, RaftConfig.defaults(), 1)) {
            nodes.start("n1");
            long last = 0;
            for (int i = 0; i < 50; i++) {
                last = Objects.requireNonNull(
                                nodes.put("n1", "key" + i, "value").block(RealNodes.SOON))
                        .index();
            }
            SnapshotMeta taken =
                    Objects.requireNonNull(nodes.node("n1").snapshot().block(RealNodes.SOON));
            assertThat(taken.index()).isBetween(last, nodes.node("n1").status().appliedIndex());
            nodes.stop("n1");
            nodes.start("n1");
            assertThat(nodes.state("n1")).hasSize(50);
        }
    }

    /** Writers that never stop, each waiting for its own write. */
    private final class Load implements AutoCloseable {
        private final AtomicBoolean stop = new AtomicBoolean();
        private final AtomicInteger writes = new AtomicInteger();
        private final Disposable.Composite writers = reactor.core.Disposables.composite();
        private final AtomicInteger running = new AtomicInteger(WRITERS);

        Load(RealNodes nodes, String id) {
            String filler = "x".repeat(1_000);
            for (int writer = 0; writer < WRITERS; writer++) {
                String mine = "w" + writer + "-";
                writers.add(Flux.<Integer, Integer>generate(() -> 0, (i, sink) -> {
                            sink.next(i);
                            return i + 1;
                        })
                        .takeWhile(i -> !stop.get())
                        .subscribeOn(Schedulers.parallel())
                        .concatMap(
                                i -> {
                                    String key = mine + i % 40;
                                    String value = i + filler;
                                    return nodes.put(id, key, value).doOnNext(done -> {
                                        acknowledged.put(key, value);
                                        writes.incrementAndGet();
                                    });
                                },
                                1)
                        .doFinally(end -> running.decrementAndGet())
                        .subscribe());
            }
        }

        /** Writes that were acknowledged. */
        int count() {
            return writes.get();
        }

        @Override
        public void close() {
            stop.set(true);
            RealNodes.await("end of all writers", () -> running.get() == 0);
        }
    }
}
