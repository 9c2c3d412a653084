package io.reactorraft.integration;

import io.reactorraft.core.LogView;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.LogStore;
import io.reactorraft.wal.ChronicleLogStore;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;

/** A real log up to the moment at which its process is killed: from then on nothing is written, and nobody hears of it. */
final class CutLog implements LogStore {
    private final ChronicleLogStore log;
    private final AtomicInteger left;
    private final boolean lastOneIsWritten;

    /**
     * Of a process that is killed at its {@code calls}th call that writes.
     *
     * @param lastOneIsWritten whether that one is, unheard
     */
    CutLog(ChronicleLogStore log, int calls, boolean lastOneIsWritten) {
        this.log = log;
        this.left = new AtomicInteger(calls);
        this.lastOneIsWritten = lastOneIsWritten;
    }

    /** Whether it was killed by now. */
    boolean isCut() {
        return left.get() <= 0;
    }

    private Mono<Void> write(Supplier<Mono<Void>> call) {
        int now = left.decrementAndGet();
        if (now > 0) {
            return call.get();
        }
        return now == 0 && lastOneIsWritten ? call.get().then(Mono.never()) : Mono.never();
    }

    @Override
    public Mono<Owner> open(Path directory, String clusterId, String nodeId) {
        return log.open(directory, clusterId, nodeId);
    }

    @Override
    public HardState hardState(String groupId) {
        return log.hardState(groupId);
    }

    @Override
    public SnapshotMetadata snapshotMark(String groupId) {
        return log.snapshotMark(groupId);
    }

    @Override
    public LogView view(String groupId) {
        return log.view(groupId);
    }

    @Override
    public Mono<Void> append(String groupId, HardState hardState, List<Entry> entries) {
        return write(() -> log.append(groupId, hardState, entries));
    }

    @Override
    public Mono<Void> mark(String groupId, SnapshotMetadata snapshot) {
        return write(() -> log.mark(groupId, snapshot));
    }

    @Override
    public Mono<List<Entry>> read(String groupId, long from, long to, long maxBytes) {
        return log.read(groupId, from, to, maxBytes);
    }

    @Override
    public Mono<Void> compact(String groupId, long upTo) {
        return write(() -> log.compact(groupId, upTo));
    }

    @Override
    public Mono<Void> close() {
        return log.close();
    }
}
