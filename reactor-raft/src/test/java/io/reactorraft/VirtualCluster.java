package io.reactorraft;

import io.reactorraft.spi.Metric;
import io.reactorraft.spi.Tracing;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Whole nodes, with their real runtime, on one thread and virtual time: a seed gives one run. */
final class VirtualCluster {
    static final RaftConfig CONFIG = RaftConfig.defaults();

    final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    final MemoryNetwork network = new MemoryNetwork(time);
    final Map<String, MemoryLog> logs = new HashMap<>();
    final Map<String, MemorySnapshots> snapshots = new HashMap<>();
    final Map<String, RaftNode<String, Long>> nodes = new HashMap<>();
    final Map<String, Journal> machines = new HashMap<>();
    private final Map<String, MortalLog> lives = new HashMap<>();
    private final Map<String, Long> sessions = new HashMap<>();
    private final Map<String, String> moved = new HashMap<>();
    private final Map<String, Long> jumped = new HashMap<>();
    private final List<Member> members = new ArrayList<>();
    private final Map<String, NodeSettings.Join> joiners = new HashMap<>();
    private final Map<String, NodeSettings.Force> forced = new HashMap<>();
    final List<String> reports = new ArrayList<>();
    private final long seed;
    private RaftConfig config = CONFIG;
    private Tracing tracing = Tracing.NONE;

    VirtualCluster(long seed, int size) {
        this.seed = seed;
        for (int i = 1; i <= size; i++) {
            members.add(Member.voter("n" + i, "host" + i + ":7000"));
            logs.put("n" + i, new MemoryLog(time, "n" + i));
            snapshots.put("n" + i, new MemorySnapshots());
        }
    }

    VirtualCluster config(RaftConfig changed) {
        this.config = changed;
        return this;
    }

    VirtualCluster tracing(Tracing followedBy) {
        this.tracing = followedBy;
        return this;
    }

    /** All nodes, started, with a leader. */
    VirtualCluster started() {
        members.forEach(member -> start(member.id()));
        leader();
        return this;
    }

    /** Starts the node on whatever its log holds. */
    RaftNode<String, Long> start(String id) {
        RaftNode<String, Long> node = create(id);
        nodes.put(id, node);
        node.start().subscribe(nothing -> {}, error -> {});
        return node;
    }

    /** A node that is none of those that start the group, with an empty disk; it asks {@code seeds}. */
    RaftNode<String, Long> join(String id, String... seeds) {
        logs.put(id, new MemoryLog(time, id + " " + logs.size()));
        snapshots.put(id, new MemorySnapshots());
        joiners.put(id, new NodeSettings.Join(List.of(seeds), false));
        return start(id);
    }

    /** One of those that started the group comes with an empty disk, and with no word of having started it. */
    RaftNode<String, Long> joinAnew(String id, String... seeds) {
        members.removeIf(member -> member.id().equals(id));
        return join(id, seeds);
    }

    /** The process is killed: what it had not synced is lost, and nobody hears of it any more. */
    void kill(String id) {
        Objects.requireNonNull(lives.get(id)).die();
        network.kill(id);
    }

    /** Every start of {@code id} is told that {@code sole} is to go on alone at this index. */
    void force(String id, String sole, long lastIndex) {
        forced.put(id, new NodeSettings.Force(sole, lastIndex, reports::add));
    }

    /** From its next start on the node is to be found at this address. */
    void move(String id, String address) {
        moved.put(id, address);
    }

    /** Whoever answers to the id at its address, as a member. */
    Member member(String id) {
        return Member.voter(id, moved.getOrDefault(id, "host" + id.substring(1) + ":7000"));
    }

    RaftNode<String, Long> create(String id) {
        Journal journal = new Journal(id);
        Member self = member(id);
        NodeThreads threads = new NodeThreads(
                time,
                time,
                time,
                time,
                false,
                false,
                () -> Instant.ofEpochMilli(time.now(TimeUnit.MILLISECONDS)),
                () -> time.now(TimeUnit.NANOSECONDS) + jumped.getOrDefault(id, 0L),
                seed * 31 + id.hashCode());
        MortalLog life = new MortalLog(log(id));
        lives.put(id, life);
        RaftNode<String, Long> node = new LocalNode<>(
                new NodeSettings(
                        "test",
                        "default",
                        self,
                        self.address(),
                        members,
                        Path.of("nowhere"),
                        config,
                        joiners.get(id),
                        forced.get(id)),
                new NodeServices(
                        network.transport(id),
                        true,
                        life,
                        true,
                        snapshots(id),
                        true,
                        (metric, group, peer, value) -> {
                            if (metric == Metric.SESSIONS_OPEN) {
                                sessions.put(id, value);
                            }
                        },
                        tracing),
                journal,
                threads);
        machines.put(id, journal);
        node.closed().subscribe(ending -> journal.ending = ending, failure -> journal.failure = failure);
        return node;
    }

    RaftNode<String, Long> node(String id) {
        return Objects.requireNonNull(nodes.get(id));
    }

    MemoryLog log(String id) {
        return Objects.requireNonNull(logs.get(id));
    }

    MemorySnapshots snapshots(String id) {
        return Objects.requireNonNull(snapshots.get(id));
    }

    Journal machine(String id) {
        return Objects.requireNonNull(machines.get(id));
    }

    /** Sessions that are open, as the node measures them. */
    long openSessions(String id) {
        return sessions.getOrDefault(id, 0L);
    }

    List<String> applied(String id) {
        return Objects.requireNonNull(machines.get(id)).commands;
    }

    /** The process stood still for so long just now, and only its clock tells. */
    void standStill(String id, Duration duration) {
        jumped.merge(id, duration.toNanos(), Long::sum);
    }

    void pass(Duration duration) {
        time.advanceTimeBy(duration);
    }

    /** Passes time until a node shows itself as leader; which one. */
    String leader() {
        for (int i = 0; i < 1_000; i++) {
            for (Map.Entry<String, RaftNode<String, Long>> each : nodes.entrySet()) {
                if (each.getValue().status().leadership().leading()) {
                    return each.getKey();
                }
            }
            pass(Duration.ofMillis(10));
        }
        throw new AssertionError("seed " + seed + ": no leader within 10 s");
    }

    String follower() {
        String leader = leader();
        return nodes.keySet().stream()
                .filter(id -> !id.equals(leader))
                .sorted()
                .findFirst()
                .orElseThrow();
    }

    /** Keeps every command; answers how many there were. */
    static class Journal implements StateMachine<String, Long> {
        /** Cannot be encoded. */
        static final String UNWRITABLE = "unwritable";

        private final String id;
        final List<String> commands = new ArrayList<>();
        final List<Instant> times = new ArrayList<>();
        private @Nullable RuntimeException unrestorable;
        private @Nullable Ending ending;
        private @Nullable Throwable failure;

        Journal(String id) {
            this.id = id;
        }

        /** How its node ended; null: it has not, or failed. */
        @Nullable
        Ending ending() {
            return ending;
        }

        /** What its node failed with; null: it has not. */
        @Nullable
        Throwable failure() {
            return failure;
        }

        void failToRestore(RuntimeException error) {
            unrestorable = error;
        }

        @Override
        public Codec<String> commandCodec() {
            return Codec.of(
                    text -> {
                        if (text.equals(UNWRITABLE)) {
                            throw new IllegalArgumentException("cannot be written");
                        }
                        return Codec.utf8().encode(text);
                    },
                    Codec.utf8()::decode);
        }

        @Override
        public Codec<Long> resultCodec() {
            return Codec.int64();
        }

        @Override
        public Long apply(Committed<String> entry) {
            if (entry.command().equals("no")) {
                throw new RaftException.Rejected("the machine says no");
            }
            if (entry.command().equals("poison") || entry.command().equals("poison for " + id)) {
                throw new IllegalStateException("poisoned");
            }
            commands.add(entry.command());
            times.add(entry.time());
            return (long) commands.size();
        }

        @Override
        public Flux<ByteBuffer> snapshot() {
            return Flux.fromIterable(List.copyOf(commands)).map(Codec.utf8()::encode);
        }

        @Override
        public Mono<Void> restore(Flux<ByteBuffer> snapshot) {
            if (unrestorable != null) {
                return Mono.error(unrestorable);
            }
            commands.clear();
            return snapshot.map(Codec.utf8()::decode).doOnNext(commands::add).then();
        }
    }
}
