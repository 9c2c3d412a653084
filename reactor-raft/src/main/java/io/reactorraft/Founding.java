package io.reactorraft;

import io.reactorraft.proto.GroupState;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.LogStore;
import io.reactorraft.spi.SnapshotStore;
import io.reactorraft.spi.StartRefusedException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Writes the directory of a member whose group begins with a state: a snapshot stands in for the group's first entry, alike
 * on every one of the first members. So a leader's log begins behind it, and who joins later gets the snapshot first.
 */
final class Founding {
    /**
     * Behind the entry that a founder with an empty disk begins with: at the same place its log would pass for one that
     * holds the state, and it would never be sent it.
     */
    private static final long INDEX = Genesis.INDEX + 1;

    private final String clusterId;
    private final String groupId;
    private final Member self;
    private final List<Member> members;
    private final Path dataDir;

    Founding(String clusterId, String groupId, Member self, List<Member> members, Path dataDir) {
        this.clusterId = clusterId;
        this.groupId = groupId;
        this.self = self;
        this.members = members;
        this.dataDir = dataDir;
    }

    /** Opens both, writes, and closes those that nobody else has a use for. */
    Mono<Void> write(
            LogStore log, boolean ownsLog, SnapshotStore snapshots, boolean ownsSnapshots, Flux<ByteBuffer> state) {
        Mono<Void> close = (ownsSnapshots ? Mono.defer(snapshots::close) : Mono.<Void>empty())
                .onErrorComplete()
                .then(ownsLog ? Mono.defer(log::close) : Mono.empty());
        return Mono.usingWhen(
                Mono.just(log),
                opened -> opened.open(dataDir, clusterId, self.id())
                        .flatMap(owner -> refuseUnlessEmpty(opened)
                                .then(Mono.defer(() -> snapshots.open(dataDir, owner, opened))))
                        .then(Mono.defer(() -> snapshots.save(first(), state)))
                        .flatMap(saved -> mark(opened, snapshots, saved)),
                opened -> close);
    }

    private Mono<Void> refuseUnlessEmpty(LogStore log) {
        boolean empty = log.view(groupId).lastIndex() == 0
                && log.hardState(groupId).equals(HardState.getDefaultInstance())
                && log.snapshotMark(groupId).getIndex() == 0;
        return empty
                ? Mono.empty()
                : Mono.error(new StartRefusedException(
                        StartRefusedException.Kind.FOREIGN,
                        dataDir + " holds a log already: a group can only begin in empty directories"));
    }

    /** What stands in for the first entry: its members, and nothing else that a group keeps beside its state. */
    private SnapshotMetadata first() {
        Roster roster = Roster.EMPTY.after(Genesis.entry(members));
        GroupState.Builder group = new SharedState().capture();
        roster.into(group);
        return SnapshotMetadata.newBuilder()
                .setGroupId(groupId)
                .setIndex(INDEX)
                .setTerm(Genesis.TERM)
                .setConfState(roster.confState())
                .setGroup(group)
                .build();
    }

    private Mono<Void> mark(LogStore log, SnapshotStore snapshots, SnapshotMetadata saved) {
        HardState begun =
                HardState.newBuilder().setTerm(Genesis.TERM).setCommit(INDEX).build();
        return log.mark(groupId, saved)
                .then(Mono.defer(() -> log.append(groupId, begun, List.of())))
                .then(Mono.defer(() -> snapshots.marked(saved)))
                .then();
    }
}
