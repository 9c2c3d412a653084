package io.reactorraft.integration;

import io.reactorraft.Applied;
import io.reactorraft.Codec;
import io.reactorraft.Committed;
import io.reactorraft.Member;
import io.reactorraft.RaftConfig;
import io.reactorraft.RaftException;
import io.reactorraft.RaftNode;
import io.reactorraft.StateMachine;
import io.reactorraft.testkit.FreePorts;
import io.reactorraft.wal.ChronicleLogStore;
import io.reactorraft.wal.WalConfig;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/** Nodes in this process, with real logs, snapshots and sockets; segments are small, so that logs are soon compacted. */
final class RealNodes implements AutoCloseable {
    static final Duration SOON = Duration.ofMinutes(2);

    private final Path directory;
    private final RaftConfig config;
    private final List<Member> members = new ArrayList<>();
    private final Map<String, RaftNode<String, Integer>> nodes = new LinkedHashMap<>();
    private final Map<String, ChronicleLogStore> logs = new LinkedHashMap<>();
    private final Map<String, Table> tables = new LinkedHashMap<>();

    RealNodes(Path directory, RaftConfig config, int count) {
        this.directory = directory;
        this.config = config;
        List<Integer> ports = FreePorts.find(count);
        for (int i = 0; i < count; i++) {
            members.add(Member.voter("n" + (i + 1), "127.0.0.1:" + ports.get(i)));
        }
    }

    List<String> ids() {
        return members.stream().map(Member::id).toList();
    }

    void start(String id) {
        Table table = new Table();
        ChronicleLogStore log = new ChronicleLogStore(WalConfig.defaults().withSegmentBytes(256 << 10));
        RaftNode<String, Integer> node = RaftNode.builder(id, table)
                .dataDir(directory.resolve(id))
                .members(members)
                .logStore(log)
                .config(config)
                .build();
        logs.put(id, log);
        tables.put(id, table);
        nodes.put(id, node);
        node.start().block(SOON);
    }

    void stop(String id) {
        node(id).stop().block(SOON);
        Objects.requireNonNull(logs.get(id)).close().block(SOON);
        nodes.remove(id);
    }

    RaftNode<String, Integer> node(String id) {
        return Objects.requireNonNull(nodes.get(id));
    }

    /** The state as it is now; reads of it race with writes, so ask when all is quiet. */
    Map<String, String> state(String id) {
        Table table = Objects.requireNonNull(tables.get(id));
        return Objects.requireNonNull(node(id).read(() -> Map.copyOf(table.rows))
                .retryWhen(patiently())
                .block(SOON));
    }

    String leader() {
        await(
                "a leader",
                () -> nodes.values().stream()
                        .anyMatch(each -> each.status().leadership().leading()));
        return nodes.entrySet().stream()
                .filter(each -> each.getValue().status().leadership().leading())
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseGet(this::leader);
    }

    String follower() {
        String leader = leader();
        return nodes.keySet().stream()
                .filter(id -> !id.equals(leader))
                .findFirst()
                .orElseThrow();
    }

    /** Sets a row, again and again until it is certain. */
    Mono<Applied<Integer>> put(String id, String key, String value) {
        return Mono.defer(() -> node(id).propose(key + "=" + value)).retryWhen(patiently());
    }

    /** Setting a row twice does no harm, so an unknown outcome may be retried too; for {@link #SOON} at least. */
    static Retry patiently() {
        return Retry.fixedDelay(SOON.toMillis() / 50, Duration.ofMillis(50))
                .filter(error -> RaftException.retryable(error) || error instanceof RaftException.OutcomeUnknown);
    }

    static void await(String what, BooleanSupplier reached) {
        long end = System.nanoTime() + SOON.toNanos();
        while (!reached.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new TooSlow("no " + what + " within " + SOON);
            }
            ServerProcess.pause();
        }
    }

    @Override
    public void close() {
        Mono.when(nodes.values().stream().map(RaftNode::stop).toList()).block(SOON);
        Mono.when(nodes.keySet().stream()
                        .map(id -> Objects.requireNonNull(logs.get(id)).close())
                        .toList())
                .block(SOON);
        nodes.clear();
    }

    /** Rows of text; answers how many there are. */
    static final class Table implements StateMachine<String, Integer> {
        private final TreeMap<String, String> rows = new TreeMap<>();

        @Override
        public Codec<String> commandCodec() {
            return Codec.utf8();
        }

        @Override
        public Codec<Integer> resultCodec() {
            return Codec.of(
                    number -> Codec.int64().encode((long) number),
                    bytes -> Codec.int64().decode(bytes).intValue());
        }

        @Override
        public Integer apply(Committed<String> entry) {
            put(entry.command());
            return rows.size();
        }

        /** On the apply thread. */
        int rows() {
            return rows.size();
        }

        private void put(String row) {
            int equals = row.indexOf('=');
            rows.put(row.substring(0, equals), row.substring(equals + 1));
        }

        @Override
        public Flux<ByteBuffer> snapshot() {
            List<String> captured = new ArrayList<>();
            rows.forEach((key, value) -> captured.add(key + "=" + value));
            return Flux.fromIterable(captured).map(Codec.utf8()::encode);
        }

        @Override
        public Mono<Void> restore(Flux<ByteBuffer> snapshot) {
            return Mono.defer(() -> {
                rows.clear();
                return snapshot.map(Codec.utf8()::decode).doOnNext(this::put).then();
            });
        }
    }
}
