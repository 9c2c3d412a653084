package io.reactorraft;

import io.reactorraft.proto.Entry;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.SnapshotMetadata;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A snapshot's mark, entries and HardState that are written together, and what may be said once they are. Loop only. */
final class LogPiece {
    private @Nullable SnapshotMetadata snapshot;
    private HardState hardState;
    private List<Entry> entries;
    private List<Message> responses;
    private boolean own;

    LogPiece(@Nullable SnapshotMetadata snapshot, HardState hardState, List<Entry> entries, List<Message> responses) {
        this.snapshot = snapshot;
        this.hardState = hardState;
        this.entries = entries;
        this.responses = responses;
    }

    /** What the core wants written. */
    static LogPiece of(Message work) {
        HardState state = work.getTerm() == 0 && work.getCommit() == 0
                ? HardState.getDefaultInstance()
                : HardState.newBuilder()
                        .setTerm(work.getTerm())
                        .setVote(work.getVote())
                        .setCommit(work.getCommit())
                        .build();
        return new LogPiece(
                work.hasSnapshot() ? work.getSnapshot() : null, state, work.getEntriesList(), work.getResponsesList());
    }

    @Nullable
    SnapshotMetadata snapshot() {
        return snapshot;
    }

    HardState hardState() {
        return hardState;
    }

    List<Entry> entries() {
        return entries;
    }

    List<Message> responses() {
        return responses;
    }

    boolean hasHardState() {
        return !hardState.equals(HardState.getDefaultInstance());
    }

    /** The index of its last entry, or of its snapshot; {@code before} where it has neither. */
    long endsAt(long before) {
        SnapshotMetadata installed = snapshot;
        return !entries.isEmpty()
                ? entries.get(entries.size() - 1).getIndex()
                : installed == null ? before : installed.getIndex();
    }

    /** Whether it takes the place of anything in a log that ends at {@code last}. */
    boolean replaces(long last) {
        return snapshot != null || (!entries.isEmpty() && entries.get(0).getIndex() <= last);
    }

    /** Whether the next one only goes on where this one ends. */
    boolean isFollowedBy(LogPiece next) {
        return next.snapshot == null
                && (entries.isEmpty()
                        || next.entries.isEmpty()
                        || entries.get(entries.size() - 1).getIndex() + 1
                                == next.entries.get(0).getIndex());
    }

    /**
     * Adds the next one. Its entries take the place of those at their indexes and behind: "delete the existing entry and
     * all that follow it" (figure 2); its snapshot that of all entries.
     */
    void add(LogPiece next) {
        if (!own) {
            own = true;
            entries = new ArrayList<>(entries);
            responses = new ArrayList<>(responses);
        }
        if (next.snapshot != null) {
            snapshot = next.snapshot;
            entries.clear();
        }
        if (!entries.isEmpty() && !next.entries.isEmpty()) {
            long kept = next.entries.get(0).getIndex() - entries.get(0).getIndex();
            if (kept < entries.size()) {
                entries.subList((int) Math.max(kept, 0), entries.size()).clear();
            }
        }
        entries.addAll(next.entries);
        responses.addAll(next.responses);
        if (next.hasHardState()) {
            hardState = next.hardState;
        }
    }

    /** Of each kind to each peer the last one says what the others said; a lost one is what peers expect anyway. */
    void keepLatestResponses() {
        Map<List<Object>, Message> latest = new LinkedHashMap<>();
        for (Message response : responses) {
            List<Object> key = List.of(response.getType(), response.getTo(), response.hasSnapshot());
            latest.remove(key);
            latest.put(key, response);
        }
        responses = new ArrayList<>(latest.values());
    }

    void removeResponses(List<Message> told) {
        responses.removeAll(told);
    }
}
