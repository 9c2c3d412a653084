package io.reactorraft.spi;

import io.reactorraft.proto.SnapshotMetadata;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Where snapshots lie: streamed in and out, never whole in memory.
 *
 * <p>A saved snapshot counts only once {@link LogStore#mark} is durable; files without a mark are leftovers.
 */
public interface SnapshotStore {

    /** Opens the store in {@code directory} and removes what no mark names. */
    Mono<Void> open(Path directory);

    /** The newest whole snapshot of the group; empty where there is none. */
    Mono<SnapshotMetadata> latest(String groupId);

    /**
     * Writes the content to a temporary file, syncs and renames it. Cancelling discards it.
     *
     * @return the metadata with size, checksum and file id filled in
     */
    Mono<SnapshotMetadata> save(SnapshotMetadata metadata, Flux<ByteBuffer> content);

    /** Reads a snapshot's buffers as they were emitted, verified; request(n) paces the reading. */
    Flux<ByteBuffer> load(SnapshotMetadata metadata);

    /** Idempotent. */
    Mono<Void> close();
}
