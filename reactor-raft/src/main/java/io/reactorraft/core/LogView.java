package io.reactorraft.core;

import io.reactorraft.proto.Entry;
import io.reactorraft.proto.SnapshotMetadata;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the core may see of the durable log: only what is in memory, so that the loop never waits for a disk.
 *
 * <p>The view shows exactly the entries that the log has reported durable. It is called on the loop's thread while the
 * log's own thread appends, so implementations must be safe for one reader beside one writer.
 *
 * <p>Invariant: {@code firstIndex() <= lastIndex() + 1}, and {@code firstIndex() - 1} is the index of the snapshot or
 * compaction point, whose term is still known.
 */
public interface LogView {

    /** What {@link #term} answers for an index that this log does not hold: compacted, or past the end. */
    long UNKNOWN_TERM = -1;

    /** The lowest index whose entry is held; 1 in a log that was never compacted. */
    long firstIndex();

    /** The highest index held; {@code firstIndex() - 1} in an empty log. */
    long lastIndex();

    /**
     * The term of the entry at {@code index}, for {@code firstIndex() - 1 <= index <= lastIndex()}; else {@link
     * #UNKNOWN_TERM}. Index 0 has term 0. Always answered: terms are kept in memory.
     */
    long term(long index);

    /**
     * The entries from {@code from} (inclusive) to {@code to} (exclusive), as many from the start as fit into {@code
     * maxBytes} (serialised size, 0: no limit) but at least one; or null, "not now", where the first of them is not in
     * memory. The caller has made sure that {@code firstIndex() <= from < to <= lastIndex() + 1}; where the log's thread
     * compacts {@code from} in this very moment, null is the answer too.
     */
    @Nullable
    List<Entry> entries(long from, long to, long maxBytes);

    /** The newest durable snapshot, to be sent to a follower that fell behind the log; null: none just now. */
    @Nullable
    SnapshotMetadata snapshot();
}
