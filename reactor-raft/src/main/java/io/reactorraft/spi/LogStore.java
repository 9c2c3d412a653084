package io.reactorraft.spi;

import io.reactorraft.core.LogView;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.SnapshotMetadata;
import java.nio.file.Path;
import java.util.List;
import reactor.core.publisher.Mono;

/**
 * The durable log of every group on this node, with the HardState of each in the same order and under the same sync.
 *
 * <p><b>Threads.</b> {@link #hardState} and {@link #view} answer from memory and never block. Everything else may be
 * called from any thread, returns at once, does its work on the store's own thread in the order of the calls, and
 * signals there. Work begins with the call, not with a subscription; every subscriber gets the same outcome.
 *
 * <p><b>Errors.</b> A write is refused, with nothing of it written and the store going on, by
 *
 * <ul>
 *   <li>an {@link IllegalArgumentException}: it asks for the impossible (a gap, an entry too large for any segment, a mark
 *       that goes back) and would be refused again;
 *   <li>an {@link IllegalStateException}: the store is not open, or more writes of this group wait than it takes, which is
 *       far more than a node has outstanding;
 *   <li>a {@link DiskFullException}: there is no room for now.
 * </ul>
 *
 * <p>Any other error of {@link #append} or {@link #mark} is final: what reached the disk is unknown, so the store refuses
 * every later write with the same error and the node that owns it ends. A sync that failed is never retried.
 *
 * <p><b>A full disk.</b> Entries are refused while there is still room set aside for the rest: appends without entries, or
 * with changes of the configuration alone, and marks go on, so that a node can vote, let others lead, take part in a change
 * and mark the snapshot after which a prefix can go. Reads are untouched. The store finds out by itself when there is room
 * again. An append is taken or refused as a whole, its HardState too: append that alone.
 */
public interface LogStore {

    /**
     * Where to report {@link Metric#LOG_SYNC_DURATION}, {@link Metric#LOG_READ_BACK_DURATION} and {@link
     * Metric#LOG_BYTES}, under the empty group id as a log is shared by all groups, and {@link Metric#LOG_CACHE_BYTES} of
     * each. Called before {@link #open}, if at all; a store may measure nothing.
     */
    default void measure(RaftMetrics metrics) {}

    /**
     * Recovers the log in {@code directory}, or makes a new one where there is none.
     *
     * <p>Fails, with one line that names the file and says what to do, where the directory belongs to another node or
     * cluster, is in use by a live process, cannot be written, or holds damage that is not a torn, never acknowledged
     * tail. Such an error is a {@link StartRefusedException}. Nothing on disk is changed by a refusal.
     *
     * @return who this directory belongs to, with the data id it was given when it was made
     */
    Mono<Owner> open(Path directory, String clusterId, String nodeId);

    /** The last durable HardState of the group; the default instance where it never had one. Memory only. */
    HardState hardState(String groupId);

    /** The mark of the newest snapshot of the group; the default instance where there is none. Memory only. */
    SnapshotMetadata snapshotMark(String groupId);

    /** What the core may know of the durable log: always from memory, see {@link LogView}. One view a group. */
    LogView view(String groupId);

    /**
     * Whether entries are, or soon will be, refused by a {@link DiskFullException}: a node should take no proposals, hand
     * over leadership and not campaign until this is false again. Memory only, from any thread: cheap enough to ask every
     * tick. A store that knows no such state never says so.
     */
    default boolean isFull() {
        return false;
    }

    /**
     * Makes entries and HardState durable together.
     *
     * <p>Signals a {@link DiskFullException}, or an {@link IllegalArgumentException} where the entries would leave a gap or
     * the commit index would run ahead of the log's end; in both cases nothing was written, and the store goes on. Any
     * other error is the end of the store.
     *
     * <p>Entries are contiguous among themselves. Where they begin at or before the last index they replace the log
     * from their first index on (a conflicting suffix is truncated). A HardState that changes nothing but the commit
     * index need not be synced. When the Mono completes the view already shows the entries.
     *
     * @param hardState the state to persist; the default instance: unchanged
     */
    Mono<Void> append(String groupId, HardState hardState, List<Entry> entries);

    /**
     * Makes the mark of a snapshot durable, whose own bytes are durable before this is called.
     *
     * <p>Where the log holds the snapshot's last entry, with its term, the log stays as it is: followers may need what
     * lies before, and {@link #compact} removes it. Else (§7) the snapshot was installed over a log that does not match:
     * all entries are gone, and the log begins behind {@code snapshot.index}.
     */
    Mono<Void> mark(String groupId, SnapshotMetadata snapshot);

    /**
     * Reads entries {@code from} (inclusive) to {@code to} (exclusive), as many as fit into {@code maxBytes} of data
     * but at least one. Signals an {@link IndexOutOfBoundsException} where {@code from} was compacted.
     */
    Mono<List<Entry>> read(String groupId, long from, long to, long maxBytes);

    /**
     * Lets go of entries up to {@code upTo} (inclusive), in whole segments. Keeps what it must: everything behind the
     * newest {@link #mark}, and what shares a segment with entries that some group still needs. A node asks for what lies
     * before the older of the two snapshots it keeps, less what slow followers may need.
     */
    Mono<Void> compact(String groupId, long upTo);

    /** Syncs what is outstanding, closes files and gives up the directory. Idempotent. */
    Mono<Void> close();

    /**
     * Whose directory it is.
     *
     * @param dataId 16 random bytes made with the directory: an emptied disk is another member
     */
    record Owner(String clusterId, String nodeId, com.google.protobuf.ByteString dataId) {}
}
