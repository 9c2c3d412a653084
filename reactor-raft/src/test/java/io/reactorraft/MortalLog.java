package io.reactorraft;

import io.reactorraft.core.LogView;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.LogStore;
import java.nio.file.Path;
import java.util.List;
import reactor.core.publisher.Mono;

/** A log as one process sees it: once that is killed nothing of it reaches the disk any more, nor does it hear of it. */
final class MortalLog implements LogStore {
    private final MemoryLog disk;
    private boolean dead;

    MortalLog(MemoryLog disk) {
        this.disk = disk;
    }

    /** What was not synced is lost. */
    void die() {
        dead = true;
        disk.crash();
    }

    @Override
    public Mono<Owner> open(Path directory, String clusterId, String nodeId) {
        return disk.open(directory, clusterId, nodeId);
    }

    @Override
    public HardState hardState(String groupId) {
        return disk.hardState(groupId);
    }

    @Override
    public SnapshotMetadata snapshotMark(String groupId) {
        return disk.snapshotMark(groupId);
    }

    @Override
    public LogView view(String groupId) {
        return disk.view(groupId);
    }

    @Override
    public boolean isFull() {
        return disk.isFull();
    }

    @Override
    public Mono<Void> append(String groupId, HardState state, List<Entry> entries) {
        return dead ? Mono.never() : disk.append(groupId, state, entries);
    }

    @Override
    public Mono<Void> mark(String groupId, SnapshotMetadata snapshot) {
        return dead ? Mono.never() : disk.mark(groupId, snapshot);
    }

    @Override
    public Mono<List<Entry>> read(String groupId, long from, long to, long maxBytes) {
        return dead ? Mono.never() : disk.read(groupId, from, to, maxBytes);
    }

    @Override
    public Mono<Void> compact(String groupId, long upTo) {
        return dead ? Mono.never() : disk.compact(groupId, upTo);
    }

    @Override
    public Mono<Void> close() {
        return dead ? Mono.never() : disk.close();
    }
}
