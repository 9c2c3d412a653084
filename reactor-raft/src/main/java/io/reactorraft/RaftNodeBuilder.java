package io.reactorraft;

import io.reactorraft.spi.LogStore;
import io.reactorraft.spi.RaftMetrics;
import io.reactorraft.spi.SnapshotStore;
import io.reactorraft.spi.Tracing;
import io.reactorraft.spi.Transport;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Puts a {@link RaftNode} together; made by {@link RaftNode#builder}.
 *
 * <p>Only {@link #dataDir} and {@link #members} are needed: transport and log are found on the class path. Nothing is
 * opened before {@link RaftNode#start}.
 */
public final class RaftNodeBuilder<C, R> {
    private final String id;
    private final StateMachine<C, R> stateMachine;
    private final Map<String, String> tags = new LinkedHashMap<>();
    private List<Member> members = List.of();
    private String clusterId = "default";
    private String groupId = "default";
    private RaftConfig config = RaftConfig.defaults();
    private RaftMetrics metrics = RaftMetrics.NONE;
    private NodeSettings.@Nullable Join join;
    private NodeSettings.@Nullable Force force;
    private Tracing tracing = Tracing.NONE;
    private @Nullable Path dataDir;
    private @Nullable String address;
    private @Nullable String listen;
    private @Nullable Transport transport;
    private @Nullable LogStore logStore;
    private @Nullable SnapshotStore snapshotStore;
    private @Nullable Scheduler signals;

    RaftNodeBuilder(String id, StateMachine<C, R> stateMachine) {
        this.id = id;
        this.stateMachine = stateMachine;
    }

    /** Where log and snapshots lie. Belongs to this node alone, for ever. */
    public RaftNodeBuilder<C, R> dataDir(Path dataDir) {
        this.dataDir = dataDir;
        return this;
    }

    /**
     * The members that start the group, each {@code id=host:port}, written alike on every one of them. Counts for an
     * empty data directory only: afterwards the log knows.
     */
    public RaftNodeBuilder<C, R> members(String... members) {
        return members(java.util.Arrays.stream(members).map(Member::parse).toList());
    }

    /** As {@link #members(String...)}. */
    public RaftNodeBuilder<C, R> members(List<Member> members) {
        this.members = List.copyOf(members);
        return this;
    }

    /**
     * Members to ask to be let in, each {@code host:port}, where this node is none of those that start the group. Needs
     * {@link #address}. Counts for an empty data directory only; it is a voter once it has caught up.
     */
    public RaftNodeBuilder<C, R> join(String... seeds) {
        this.join = new NodeSettings.Join(List.of(seeds), false);
        return this;
    }

    /** As {@link #join}, and stays without a vote. */
    public RaftNodeBuilder<C, R> joinAsLearner(String... seeds) {
        this.join = new NodeSettings.Join(List.of(seeds), true);
        return this;
    }

    /**
     * The last resort, where a majority of the members is lost for good: this node goes on alone, as the group's only member,
     * with all that its log holds. What only others had is lost, which is why the one whose log is furthest is to be taken;
     * and the others, should they still run, are left behind: nobody of the group talks to them again.
     *
     * <p>Happens once: where this node's log ends at {@code lastIndex}. Anywhere else, and at every later start, it does
     * nothing but warn. New members then join as ever.
     *
     * @param nodeId this node's id; that of another one does nothing here
     * @param report is told in a few lines what was done; on threads of the node's own, and must be quick
     */
    public RaftNodeBuilder<C, R> forceNewCluster(String nodeId, long lastIndex, Consumer<String> report) {
        this.force = new NodeSettings.Force(nodeId, lastIndex, report);
        return this;
    }

    /** Where peers reach this node, {@code host:port}; unless set, what {@link #members} says of it. */
    public RaftNodeBuilder<C, R> address(String address) {
        this.address = address;
        return this;
    }

    /** Where this node listens, {@code host:port}; unless set, at its address. */
    public RaftNodeBuilder<C, R> listen(String listen) {
        this.listen = listen;
        return this;
    }

    /** Something all members may know of this one, for instance {@code http} and a URL. */
    public RaftNodeBuilder<C, R> tag(String key, String value) {
        tags.put(key, value);
        return this;
    }

    /** Keeps clusters apart: members of another one are refused. {@code default} unless set. */
    public RaftNodeBuilder<C, R> clusterId(String clusterId) {
        this.clusterId = clusterId;
        return this;
    }

    /** Keeps the groups of one cluster apart. {@code default} unless set. */
    public RaftNodeBuilder<C, R> groupId(String groupId) {
        this.groupId = groupId;
        return this;
    }

    /** Times and limits. */
    public RaftNodeBuilder<C, R> config(RaftConfig config) {
        this.config = config;
        return this;
    }

    /** Instead of the transport on the class path; its maker closes it. */
    public RaftNodeBuilder<C, R> transport(Transport transport) {
        this.transport = transport;
        return this;
    }

    /** Instead of the log on the class path; its maker closes it. */
    public RaftNodeBuilder<C, R> logStore(LogStore logStore) {
        this.logStore = logStore;
        return this;
    }

    /** Instead of the snapshots on the class path; its maker closes it. */
    public RaftNodeBuilder<C, R> snapshotStore(SnapshotStore snapshotStore) {
        this.snapshotStore = snapshotStore;
        return this;
    }

    /** Where measurements go. Nowhere unless set. */
    public RaftNodeBuilder<C, R> metrics(RaftMetrics metrics) {
        this.metrics = metrics;
        return this;
    }

    /** Who follows proposals across members. Nobody unless set. */
    public RaftNodeBuilder<C, R> tracing(Tracing tracing) {
        this.tracing = tracing;
        return this;
    }

    /** Where publishers signal, through one worker. Unless set, a non-blocking thread of the node's own. */
    public RaftNodeBuilder<C, R> signalOn(Scheduler scheduler) {
        this.signals = scheduler;
        return this;
    }

    /**
     * The node, not yet started.
     *
     * @throws IllegalArgumentException where something is missing or contradictory, naming it
     */
    public RaftNode<C, R> build() {
        Member self = self();
        Path directory = checkedDataDir();
        boolean ownsTransport = transport == null;
        NodeSettings settings = new NodeSettings(
                clusterId,
                groupId,
                self,
                listen == null ? self.address() : listen,
                members,
                directory,
                config,
                join,
                force);
        NodeServices services = new NodeServices(
                transport == null ? theOne(Transport.class) : transport,
                ownsTransport,
                logStore == null ? theOne(LogStore.class) : logStore,
                logStore == null,
                snapshotStore == null ? theOne(SnapshotStore.class) : snapshotStore,
                snapshotStore == null,
                metrics,
                tracing);
        return new LocalNode<>(settings, services, stateMachine, NodeThreads.real(id, signals));
    }

    /**
     * Instead of {@link #build}: makes an empty data directory that of a member of a new group, which begins with this state
     * and not with none. Done with the same state for each of {@link #members}, before any of them starts; each is then built
     * and started as usual. Completes once all of it is durable, on the snapshot store's thread.
     *
     * <p>Errors: {@link io.reactorraft.spi.StartRefusedException} where the directory is not empty, or cannot be used; that
     * of {@code state}. What was begun then is not to be used: empty the directory, and do it again.
     *
     * @param state as {@link StateMachine#snapshot} emits it
     * @throws IllegalArgumentException as {@link #build}
     */
    public Mono<Void> found(Flux<ByteBuffer> state) {
        Member self = self();
        if (members.stream().noneMatch(member -> member.id().equals(self.id()))) {
            throw new IllegalArgumentException("node '" + id + "' is not among members(...), which start the group");
        }
        return new Founding(clusterId, groupId, self, members, checkedDataDir())
                .write(
                        logStore == null ? theOne(LogStore.class) : logStore,
                        logStore == null,
                        snapshotStore == null ? theOne(SnapshotStore.class) : snapshotStore,
                        snapshotStore == null,
                        state);
    }

    private Path checkedDataDir() {
        Path directory = dataDir;
        if (directory == null) {
            throw new IllegalArgumentException("node '" + id + "' needs a dataDir(...)");
        }
        requireName("clusterId", clusterId);
        requireName("groupId", groupId);
        return directory;
    }

    private Member self() {
        if (members.isEmpty() && join == null) {
            throw new IllegalArgumentException(
                    "node '" + id + "' needs members(...): those that start the group, for instance n1=host:7001;"
                            + " or join(...): members to ask to be let in");
        }
        Set<String> ids = new LinkedHashSet<>();
        for (Member member : members) {
            if (!ids.add(member.id())) {
                throw new IllegalArgumentException("member '" + member.id() + "' is named twice in members(...)");
            }
        }
        Set<String> addresses = members.stream().map(Member::address).collect(Collectors.toSet());
        if (addresses.size() < members.size()) {
            throw new IllegalArgumentException("two members share an address in members(...): "
                    + members.stream()
                            .map(member -> member.id() + "=" + member.address())
                            .collect(Collectors.joining(",")));
        }
        Member listed = members.stream()
                .filter(member -> member.id().equals(id))
                .findFirst()
                .orElse(null);
        if (listed != null) {
            return new Member(id, address == null ? listed.address() : address, listed.learner(), tags);
        }
        if (join == null) {
            throw new IllegalArgumentException(
                    "node '" + id + "' is not among members(...): " + String.join(", ", ids));
        }
        if (address == null) {
            throw new IllegalArgumentException(
                    "node '" + id + "' joins a group and needs an address(...) at which it is reached");
        }
        return new Member(id, address, join.learner(), tags);
    }

    private static void requireName(String what, String name) {
        if (name.isBlank() || name.length() > 255) {
            throw new IllegalArgumentException(what + " has 1 to 255 characters, got '" + name + "'");
        }
    }

    /** The only implementation on the class path of this library's own class loader. */
    private static <S> S theOne(Class<S> service) {
        List<S> found = new ArrayList<>();
        ServiceLoader.load(service, RaftNodeBuilder.class.getClassLoader()).forEach(found::add);
        if (found.size() == 1) {
            return found.get(0);
        }
        String names = found.stream().map(each -> each.getClass().getName()).collect(Collectors.joining(", "));
        String setter = Character.toLowerCase(service.getSimpleName().charAt(0))
                + service.getSimpleName().substring(1);
        throw new IllegalArgumentException(
                found.isEmpty()
                        ? "no " + service.getSimpleName() + " on the class path: add "
                                + (service == Transport.class ? "reactor-raft-rsocket" : "reactor-raft-wal")
                                + ", or pass one to " + setter + "(...)"
                        : "more than one " + service.getSimpleName() + " on the class path (" + names
                                + "): pass the one you want to " + setter + "(...)");
    }
}
