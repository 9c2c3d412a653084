package io.reactorraft.simulation;

import io.reactorraft.core.LogView;
import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.SnapshotMetadata;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A log in memory that keeps what scripts tell it to. Everything in it counts as durable.
 *
 * <p>Invariant: {@code entries.get(i)} has index {@code compactedIndex + 1 + i}.
 */
final class ScriptedLog implements LogView {

    private final EntrySizes sizes;
    private final List<Entry> entries = new ArrayList<>();
    private long compactedIndex;
    private long compactedTerm;
    private HardState hardState = HardState.getDefaultInstance();
    private SnapshotMetadata installed = SnapshotMetadata.getDefaultInstance();

    /** What a lagging follower is sent: the newest state of the state machine, whatever the log was compacted to. */
    private SnapshotMetadata newest = SnapshotMetadata.getDefaultInstance();

    ScriptedLog(EntrySizes sizes) {
        this.sizes = sizes;
    }

    HardState hardState() {
        return hardState;
    }

    void hardState(HardState newState) {
        hardState = newState;
    }

    ConfState confState() {
        return installed.getConfState();
    }

    SnapshotMetadata newestSnapshot() {
        return newest;
    }

    void newestSnapshot(SnapshotMetadata snapshot) {
        newest = snapshot;
    }

    /** Replaces everything up to the snapshot's index by the snapshot, and forgets what came after it. */
    void install(SnapshotMetadata snapshot) throws CommandException {
        if (installed.getIndex() != 0 && installed.getIndex() >= snapshot.getIndex()) {
            throw new CommandException("requested index is older than the existing snapshot");
        }
        installed = snapshot;
        entries.clear();
        compactedIndex = snapshot.getIndex();
        compactedTerm = snapshot.getTerm();
    }

    /** Appends; an index at or before the last one replaces the log from there on. */
    void append(List<Entry> appended) throws CommandException {
        // What a compaction has already passed is not wanted any more.
        List<Entry> wanted = appended.stream()
                .filter(entry -> entry.getIndex() > compactedIndex)
                .toList();
        if (wanted.isEmpty()) {
            return;
        }
        long from = wanted.get(0).getIndex();
        if (from > lastIndex() + 1) {
            throw new CommandException("missing log entry [last: " + lastIndex() + ", append at: " + from + "]");
        }
        entries.subList(offset(from), entries.size()).clear();
        entries.addAll(wanted);
    }

    /** Drops the entries up to and with {@code index}. */
    void compact(long index) throws CommandException {
        if (index <= compactedIndex) {
            throw new CommandException("requested index is unavailable due to compaction");
        }
        if (index > lastIndex()) {
            throw new CommandException("compact " + index + " is out of bound lastindex(" + lastIndex() + ")");
        }
        compactedTerm = term(index);
        entries.subList(0, offset(index + 1)).clear();
        compactedIndex = index;
    }

    List<Entry> all() {
        return List.copyOf(entries);
    }

    @Override
    public long firstIndex() {
        return compactedIndex + 1;
    }

    @Override
    public long lastIndex() {
        return compactedIndex + entries.size();
    }

    @Override
    public long term(long index) {
        if (index == compactedIndex) {
            return compactedTerm;
        }
        boolean held = index > compactedIndex && index <= lastIndex();
        return held ? entries.get(offset(index)).getTerm() : UNKNOWN_TERM;
    }

    @Override
    public List<Entry> entries(long from, long to, long maxBytes) {
        return List.copyOf(sizes.limit(entries.subList(offset(from), offset(to)), maxBytes));
    }

    @Override
    public @Nullable SnapshotMetadata snapshot() {
        return newest.getIndex() > 0 ? newest : null;
    }

    private int offset(long index) {
        return Math.toIntExact(index - compactedIndex - 1);
    }
}
