package io.reactorraft;

import io.reactorraft.proto.Entry;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.Message;
import java.util.ArrayList;
import java.util.List;

/** Entries and HardState that are written together, and what may be said once they are. Loop only. */
final class LogPiece {
    private HardState hardState;
    private List<Entry> entries;
    private List<Message> responses;
    private boolean own;

    LogPiece(HardState hardState, List<Entry> entries, List<Message> responses) {
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
        return new LogPiece(state, work.getEntriesList(), work.getResponsesList());
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

    /** Whether the next one's entries, if it has any, stand right behind these. */
    boolean isFollowedBy(LogPiece next) {
        return entries.isEmpty()
                || next.entries.isEmpty()
                || entries.get(entries.size() - 1).getIndex() + 1
                        == next.entries.get(0).getIndex();
    }

    /** Adds the next one, whose entries take the place of those at their indexes and behind: "delete the existing entry and
     * all that follow it" (figure 2). */
    void add(LogPiece next) {
        if (!own) {
            own = true;
            entries = new ArrayList<>(entries);
            responses = new ArrayList<>(responses);
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
}
