package io.reactorraft.integration;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.Codec;
import io.reactorraft.Member;
import io.reactorraft.RaftConfig;
import io.reactorraft.RaftNode;
import io.reactorraft.RaftNodeBuilder;
import io.reactorraft.spi.LogStore;
import io.reactorraft.spi.StartRefusedException;
import io.reactorraft.testkit.FreePorts;
import io.reactorraft.wal.ChronicleLogStore;
import io.reactorraft.wal.WalConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A forced new cluster, and one that begins with a state, over real logs, with the process killed at any call that writes:
 * the next start, or doing it once more, ends well and loses nothing. {@code -Dlast.resort.kills=N} for more than a few.
 */
@ExtendWith(FirstFailureStands.class)
class KilledLastResortTest {
    private static final int KILLS = Integer.getInteger("last.resort.kills", 3);

    /** Calls that write from a forced start to a leader of one that has noted its own disk. */
    private static final int WRITES = 7;

    /** Calls that write what a group begins with. */
    private static final int FOUNDING_WRITES = 2;

    private static final int ROWS = 20;

    private static final long STATE = 4711;

    private static final RaftConfig CONFIG = RaftConfig.defaults().withStopGrace(Duration.ofMillis(500));

    @TempDir
    Path directory;

    private final List<String> reports = new ArrayList<>();
    private Member self = Member.voter("n1", "127.0.0.1:1");

    @BeforeEach
    void somewhereToListen() {
        self = Member.voter("n1", "127.0.0.1:" + FreePorts.one());
    }

    @Test
    void aForcedNewClusterIsThereWithEverythingOnceItHasBeenStartedAgain() throws IOException {
        Path before = directory.resolve("before");
        try (RealNodes nodes = new RealNodes(before, RaftConfig.defaults(), 3)) {
            nodes.ids().forEach(nodes::start);
            String leader = nodes.leader();
            for (int i = 0; i < ROWS; i++) {
                nodes.put(leader, "k" + i, "v" + i).block(RealNodes.SOON);
            }
            RealNodes.await("log that is whole", () -> nodes.state("n1").size() == ROWS);
        }
        long last = lastIndex(before.resolve("n1"));
        for (long seed = 1; seed <= KILLS; seed++) {
            SplittableRandom dice = new SplittableRandom(seed);
            int calls = dice.nextInt(1, WRITES + 1);
            boolean written = dice.nextBoolean();
            Path copy = copied(before.resolve("n1"), directory.resolve("forced"));
            reports.clear();
            forceAndKill(copy, last, calls, written);
            startAgain(copy, last, "seed " + seed + ": " + cut(calls, written));
            Folders.delete(copy);
        }
    }

    private void startAgain(Path copy, long last, String where) {
        RealNodes.Table table = new RealNodes.Table();
        ChronicleLogStore log = log();
        RaftNode<String, Integer> node =
                forced(RaftNode.builder("n1", table), copy, log, last).build();
        try {
            node.start().block(RealNodes.SOON);
            node.ready().block(RealNodes.SOON);
            assertThat(node.membership().members())
                    .as(where)
                    .extracting(Member::id)
                    .containsExactly("n1");
            assertThat(node.read(table::rows).retryWhen(RealNodes.patiently()).block(RealNodes.SOON))
                    .as(where)
                    .isEqualTo(ROWS);
            assertThat(reports).as(where).hasSizeLessThanOrEqualTo(1);
        } finally {
            node.stop().block(RealNodes.SOON);
            log.close().block(RealNodes.SOON);
        }
    }

    private void forceAndKill(Path copy, long last, int calls, boolean written) {
        ChronicleLogStore log = log();
        CutLog cut = new CutLog(log, calls, written);
        RaftNode<String, Integer> node = forced(RaftNode.builder("n1", new RealNodes.Table()), copy, cut, last)
                .build();
        node.start().subscribe(started -> {}, never -> {});
        RealNodes.await(
                "kill, or a leader that has nothing more to write",
                () -> cut.isCut() || node.status().leadership().leading());
        node.stop().onErrorComplete().block(RealNodes.SOON);
        log.close().block(RealNodes.SOON);
    }

    private RaftNodeBuilder<String, Integer> forced(
            RaftNodeBuilder<String, Integer> builder, Path data, LogStore log, long last) {
        return builder.dataDir(data)
                .members(List.of(self))
                .logStore(log)
                .config(CONFIG)
                .forceNewCluster("n1", last, reports::add);
    }

    @Test
    void aGroupThatBeginsWithAStateHasAllOfItOrIsToBeginAnew() throws IOException {
        for (int i = 0; i < FOUNDING_WRITES; i++) {
            int calls = 1 + i;
            boolean written = i % 2 == 0; // what is left is half of it each time
            Path data = directory.resolve("founded-" + calls);
            ChronicleLogStore log = log();
            CutLog dying = new CutLog(log, calls, written);
            founding(data, dying).found(state()).subscribe(never -> {}, never -> {});
            RealNodes.await("kill", dying::isCut);
            log.close().block(RealNodes.SOON);
            foundAgain(data);
            startWithTheState(data, cut(calls, written));
        }
    }

    /** As an operator does: the same once more, in an emptied directory where this one is not empty any more. */
    private void foundAgain(Path data) throws IOException {
        ChronicleLogStore log = log();
        boolean refused = Boolean.TRUE.equals(founding(data, log)
                .found(state())
                .thenReturn(false)
                .onErrorResume(StartRefusedException.class, notEmpty -> Mono.just(true))
                .block(RealNodes.SOON));
        log.close().block(RealNodes.SOON);
        if (refused) {
            Folders.delete(data);
            ChronicleLogStore anew = log();
            founding(data, anew).found(state()).block(RealNodes.SOON);
            anew.close().block(RealNodes.SOON);
        }
    }

    private void startWithTheState(Path data, String where) {
        Sum sum = new Sum();
        ChronicleLogStore log = log();
        RaftNode<Long, Long> node = builder(sum, data, log).build();
        try {
            node.start().block(RealNodes.SOON);
            node.ready().block(RealNodes.SOON);
            assertThat(node.read(sum::value).retryWhen(RealNodes.patiently()).block(RealNodes.SOON))
                    .as(where)
                    .isEqualTo(STATE);
        } finally {
            node.stop().block(RealNodes.SOON);
            log.close().block(RealNodes.SOON);
        }
    }

    private RaftNodeBuilder<Long, Long> founding(Path data, LogStore log) {
        return builder(new Sum(), data, log);
    }

    private RaftNodeBuilder<Long, Long> builder(Sum sum, Path data, LogStore log) {
        return RaftNode.builder("n1", sum)
                .dataDir(data)
                .members(List.of(self))
                .logStore(log)
                .config(CONFIG);
    }

    private static Flux<ByteBuffer> state() {
        return Flux.defer(() -> Flux.just(Codec.int64().encode(STATE)));
    }

    private static String cut(int calls, boolean written) {
        return "killed at call " + calls + (written ? ", which is written" : ", which is not written");
    }

    private static ChronicleLogStore log() {
        return new ChronicleLogStore(WalConfig.defaults().withSegmentBytes(256 << 10));
    }

    private static long lastIndex(Path data) {
        ChronicleLogStore log = log();
        log.open(data, "default", "n1").block(RealNodes.SOON);
        long last = log.view("default").lastIndex();
        log.close().block(RealNodes.SOON);
        return last;
    }

    private static Path copied(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path each : files.toList()) {
                Files.copy(each, to.resolve(from.relativize(each).toString()));
            }
        }
        return to;
    }
}
