package io.reactorraft;

import com.google.protobuf.ByteString;
import io.reactorraft.core.CoreConfig;
import io.reactorraft.core.RawNode;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.Member;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.LogStore;
import io.reactorraft.spi.StartRefusedException;
import io.reactorraft.spi.Transport;
import java.util.List;
import java.util.SplittableRandom;
import reactor.core.publisher.Mono;

/**
 * What happens before the loop runs: the log is recovered, the port bound, and a new group's first entry written.
 */
final class NodeStart {
    private final NodeSettings settings;
    private final NodeServices services;
    private final MemberDirectory members;
    private final ByteString bootId;
    private volatile boolean isNew;
    private volatile ByteString dataId = ByteString.EMPTY;
    private volatile SnapshotMetadata snapshot = SnapshotMetadata.getDefaultInstance();

    NodeStart(NodeSettings settings, NodeServices services, MemberDirectory members, ByteString bootId) {
        this.settings = settings;
        this.services = services;
        this.members = members;
        this.bootId = bootId;
    }

    /** 16 bytes that no other start of any node has. */
    static ByteString bootId(long seed) {
        byte[] bytes = new byte[16];
        new SplittableRandom(seed).nextBytes(bytes);
        return ByteString.copyFrom(bytes);
    }

    /**
     * Opens log and transport, in this order: the handshake tells the data id. The port is looked at first, so that a
     * taken one costs nothing on disk.
     */
    Mono<Void> open() {
        services.log().measure(services.metrics());
        services.transport().measure(services.metrics());
        return services.transport()
                .probe(settings.listen())
                .then(Mono.defer(() -> services.log().open(settings.dataDir(), settings.clusterId(), settings.id())))
                .flatMap(owner -> services.snapshots()
                        .open(settings.dataDir(), owner, services.log())
                        .then(Mono.defer(() -> generation(owner)))
                        .flatMap(now -> listen(identity(owner, now))))
                .then(Mono.defer(this::foundIfNew))
                .then(Mono.defer(() -> services.snapshots().latest(settings.groupId())))
                .doOnNext(found -> snapshot = found)
                .then();
    }

    private Mono<String> listen(Transport.Identity identity) {
        members.met(identity.self());
        return services.transport().start(identity, settings.listen());
    }

    /** What the state is to be restored from; the default instance: there is no snapshot. */
    SnapshotMetadata snapshot() {
        return snapshot;
    }

    /** Whether it belongs to no group so far: it is to ask for that. */
    boolean isToJoin() {
        return isNew;
    }

    /** Of this node's disk. */
    ByteString dataId() {
        return dataId;
    }

    private Mono<Long> generation(LogStore.Owner owner) {
        dataId = owner.dataId();
        if (!settings.isFounder() && hasNoLog()) {
            return Mono.just(Transport.Identity.NO_GENERATION);
        }
        return new ForcedStart(settings, services.log()).generation(self(owner)).doOnNext(members::began);
    }

    private Member self(LogStore.Owner owner) {
        return settings.self().toProto().toBuilder().setDataId(owner.dataId()).build();
    }

    private Transport.Identity identity(LogStore.Owner owner, long generation) {
        return new Transport.Identity(settings.clusterId(), generation, self(owner), bootId);
    }

    /** Nothing of the group's log, and no snapshot either: it may have heard of a leader, and nothing else. */
    private boolean hasNoLog() {
        return services.log().view(settings.groupId()).lastIndex() == 0;
    }

    private boolean isEmpty() {
        String group = settings.groupId();
        return hasNoLog() && services.log().hardState(group).equals(HardState.getDefaultInstance());
    }

    private Mono<Void> foundIfNew() {
        String group = settings.groupId();
        if (!settings.isFounder()) {
            isNew = hasNoLog();
            return Mono.empty(); // it is let in, and then gets everything from the leader
        }
        List<Entry> first = List.of(Genesis.entry(settings.members()));
        return isEmpty() ? services.log().append(group, Genesis.hardState(), first) : Mono.empty();
    }

    /** A mark may have become durable ahead of the commit index, which is told again anyway. */
    private static HardState committedAsMarked(HardState state, SnapshotMetadata mark) {
        return mark.getIndex() > state.getCommit()
                ? state.toBuilder().setCommit(mark.getIndex()).build()
                : state;
    }

    /** The core as the disk has it, from the snapshot on that the state was restored from. */
    RawNode core(long seed) {
        String group = settings.groupId();
        RaftConfig config = settings.config();
        CoreConfig core = CoreConfig.builder(settings.id())
                .groupId(group)
                .electionTicks(config.electionTicks())
                .heartbeatTicks(1)
                .maxMessageBytes(config.maxAppendBytes())
                .maxUncommittedBytes(config.maxPendingBytes() * 2)
                .maxInflightMessages(config.maxInflightMessages())
                .maxInflightBytes(config.maxInflightBytes())
                .asyncStorageWrites(true)
                .leases(config.leaseReads())
                .proposalForwarding(false) // ours is one hop, by request and response: it never applies twice
                .seed(seed)
                .build();
        try {
            return new RawNode(
                    core,
                    services.log().view(group),
                    committedAsMarked(
                            services.log().hardState(group), services.log().snapshotMark(group)),
                    snapshot.getConfState(),
                    snapshot.getIndex());
        } catch (IllegalArgumentException contradictory) {
            throw new StartRefusedException(
                    StartRefusedException.Kind.DAMAGED,
                    "the log in " + settings.dataDir() + " is not whole: " + contradictory.getMessage()
                            + "; replace this member, or restore a backup",
                    contradictory);
        }
    }
}
