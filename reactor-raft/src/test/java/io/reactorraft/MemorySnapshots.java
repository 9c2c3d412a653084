package io.reactorraft;

import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.LogStore;
import io.reactorraft.spi.SnapshotStore;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Snapshots in memory, which outlive the node. The last two marked ones are kept. */
final class MemorySnapshots implements SnapshotStore {
    private final Map<String, List<ByteBuffer>> contents = new LinkedHashMap<>();
    private final Map<Long, SnapshotMetadata> marked = new java.util.TreeMap<>();
    private @Nullable LogStore log;
    private @Nullable RuntimeException failure;
    private boolean stuck;
    private boolean stuckOnce;
    private boolean loadsStuck;
    private int tried;
    private Mono<Void> opening = Mono.empty();
    private Mono<Void> finding = Mono.empty();
    private int saved;
    private int savesCancelled;
    private int loadsCancelled;

    /** Every later save fails; null: none does. */
    void failToSave(@Nullable RuntimeException error) {
        failure = error;
    }

    /** Saves never end from now on. */
    void stickWhileSaving() {
        stuck = true;
    }

    /** The next save never ends. */
    void stickAtTheNextSave() {
        stuckOnce = true;
    }

    /** Whoever loads gets the first buffer and waits for the rest. */
    void stickWhileLoading() {
        loadsStuck = true;
    }

    /** How often one was to be saved. */
    int tried() {
        return tried;
    }

    int savesCancelled() {
        return savesCancelled;
    }

    int loadsCancelled() {
        return loadsCancelled;
    }

    /** Whole ones that lie here, marked or not. */
    int kept() {
        return contents.size();
    }

    int saved() {
        return saved;
    }

    /** What lies here is not what was saved any more. */
    void damageAll() {
        contents.clear();
    }

    /** What an opening waits for, or fails with. */
    void opensAfter(Mono<Void> first) {
        opening = first;
    }

    /** What looking for the latest one waits for, or fails with. */
    void findsAfter(Mono<Void> first) {
        finding = first;
    }

    @Override
    public Mono<Void> open(Path directory, LogStore.Owner owner, LogStore openLog) {
        log = openLog;
        return opening;
    }

    @Override
    public Mono<SnapshotMetadata> latest(String groupId) {
        SnapshotMetadata mark = java.util.Objects.requireNonNull(log).snapshotMark(groupId);
        return finding.then(mark.getIndex() == 0 ? Mono.empty() : Mono.just(mark));
    }

    @Override
    public Mono<SnapshotMetadata> save(SnapshotMetadata metadata, Flux<ByteBuffer> content) {
        return Mono.defer(() -> {
            tried++;
            if (failure != null) {
                return Mono.error(failure);
            }
            if (stuck || stuckOnce) {
                stuckOnce = false;
                return Mono.<SnapshotMetadata>never().doOnCancel(() -> savesCancelled++);
            }
            return content.map(MemorySnapshots::copy).collectList().map(buffers -> {
                SnapshotMetadata named = metadata.toBuilder()
                        .setSnapshotId("s" + ++saved)
                        .setSizeBytes(1
                                + buffers.stream()
                                        .mapToLong(ByteBuffer::remaining)
                                        .sum())
                        .build();
                contents.put(named.getSnapshotId(), buffers);
                return named;
            });
        });
    }

    private static ByteBuffer copy(ByteBuffer buffer) {
        return ByteBuffer.allocate(buffer.remaining()).put(buffer.duplicate()).flip();
    }

    @Override
    public Mono<Long> marked(SnapshotMetadata snapshot) {
        return Mono.fromSupplier(() -> {
            long before =
                    marked.keySet().stream().mapToLong(index -> index).max().orElse(0);
            marked.put(snapshot.getIndex(), snapshot);
            return before;
        });
    }

    @Override
    public Mono<Void> discard(SnapshotMetadata snapshot) {
        return Mono.fromRunnable(() -> contents.remove(snapshot.getSnapshotId()));
    }

    @Override
    public Flux<ByteBuffer> load(SnapshotMetadata snapshot) {
        return Flux.defer(() -> {
            List<ByteBuffer> found = contents.get(snapshot.getSnapshotId());
            return found == null
                    ? Flux.error(new IllegalStateException("snapshot " + snapshot.getSnapshotId() + " is not here"))
                    : Flux.fromIterable(found)
                            .map(ByteBuffer::duplicate)
                            .concatWith(loadsStuck ? Flux.never() : Flux.empty())
                            .doOnCancel(() -> loadsCancelled++);
        });
    }

    @Override
    public Mono<Void> close() {
        return Mono.empty();
    }
}
