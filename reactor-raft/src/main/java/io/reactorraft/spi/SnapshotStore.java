package io.reactorraft.spi;

import io.reactorraft.proto.SnapshotMetadata;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Where snapshots lie (§7): streamed in and out, never whole in memory.
 *
 * <p><b>Order.</b> A snapshot counts once its mark in the log is durable, and not before:
 *
 * <pre>
 *   save ▶ {@link LogStore#mark} with what save returned ▶ marked ▶ {@link LogStore#compact} up to what marked returned
 * </pre>
 *
 * A crash between any two leaves a file without a mark, which {@link #open} removes, or one file too many, which it removes
 * too. The newest two marked are kept, so that a damaged one costs a longer replay and not the state.
 *
 * <p><b>Threads.</b> Callable from any. Work begins with the subscription, is done on the store's own thread, and is
 * signalled there. Every wait is bounded: a content that stands still, or more streams at a time than the store's limit, is
 * an error.
 *
 * <p><b>Errors.</b> Other than with a log, a failed write or sync ends that snapshot alone: its file is discarded, and the
 * next one is another file. {@link #open} and {@link #latest} refuse with a {@link StartRefusedException}.
 */
public interface SnapshotStore {

    /**
     * Opens the store and removes what no mark names. Idempotent for one directory.
     *
     * @param owner as the log in the same directory answered
     * @param log open; its marks say which snapshots count, and its first index how far back one may lie
     */
    Mono<Void> open(Path directory, LogStore.Owner owner, LogStore log);

    /**
     * The snapshot to start from: the marked one; where that is damaged or missing, which is said by name, the one before,
     * if the log still holds all entries behind it. What is answered was read to its end.
     *
     * @return empty where the state is to be made from the log alone; a {@link StartRefusedException.Kind#DAMAGED} refusal
     *     where neither a snapshot nor the log has what is needed
     */
    Mono<SnapshotMetadata> latest(String groupId);

    /**
     * Writes the content to a temporary file, syncs and renames it. Cancelling, or an error of the content, discards it.
     *
     * @param metadata group, index, term and all that replicas hold equal; where it names size and checksum, as that of a
     *     snapshot received from another member does, what was written must agree with them
     * @param content its buffers are read while they are being handed over and not kept, at most 16 MiB each
     * @return the metadata with size, checksum and id filled in
     */
    Mono<SnapshotMetadata> save(SnapshotMetadata metadata, Flux<ByteBuffer> content);

    /**
     * The mark of this snapshot is durable: keeps it and the one before, and removes older ones of its group.
     *
     * @return up to where the log may be compacted: the index of the older one kept; 0 where there is none
     */
    Mono<Long> marked(SnapshotMetadata snapshot);

    /**
     * Removes a snapshot that was saved and is never going to be marked. One that was marked meanwhile stays, and one that is
     * not here is no error.
     */
    Mono<Void> discard(SnapshotMetadata snapshot);

    /**
     * Reads a snapshot's buffers as they were emitted, each verified before it is shown; {@code request(n)} paces the
     * reading. Ends with an error, naming file and offset, at the first damage; what was read so far is then void,
     * and the snapshot does not count as one of the two that are kept.
     */
    Flux<ByteBuffer> load(SnapshotMetadata snapshot);

    /** Ends what runs, with an error for those who wait for it. Idempotent. */
    Mono<Void> close();
}
