package io.reactorraft.torture;

import io.reactorraft.proto.Entry;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.SnapshotMetadata;
import java.util.ArrayList;
import java.util.List;

/**
 * One call of a store, as the process that makes it tells it before it is made: so short that its line is one write to the
 * pipe, and so complete that the content of all entries follows from it.
 *
 * @param number counted through the process from 1 on, in the order of the calls
 * @param hardState of an append; the default instance: unchanged
 * @param index of an append: the first entry; of a mark: the snapshot; of a compaction: how far
 * @param count of entries
 * @param term of the entries, or of the snapshot's last entry
 * @param salt makes contents differ that have the same index and term
 * @param bytes of data in each entry
 * @param snapshotId of a mark; empty: a mark without a file
 */
record Operation(
        long number,
        Kind kind,
        String group,
        HardState hardState,
        long index,
        int count,
        long term,
        long salt,
        int bytes,
        String snapshotId) {

    private static final String NONE = "-";

    enum Kind {
        APPEND,
        MARK,
        COMPACT
    }

    static Operation append(long number, String group, HardState hardState, Batch batch) {
        return new Operation(
                number,
                Kind.APPEND,
                group,
                hardState,
                batch.first,
                batch.count,
                batch.term,
                batch.salt,
                batch.bytes,
                "");
    }

    static Operation mark(long number, SnapshotMetadata snapshot) {
        return new Operation(
                number,
                Kind.MARK,
                snapshot.getGroupId(),
                HardState.getDefaultInstance(),
                snapshot.getIndex(),
                0,
                snapshot.getTerm(),
                0,
                0,
                snapshot.getSnapshotId());
    }

    static Operation compact(long number, String group, long upTo) {
        return new Operation(number, Kind.COMPACT, group, HardState.getDefaultInstance(), upTo, 0, 0, 0, 0, "");
    }

    /** Entries of one append, which have a term and a size in common. */
    record Batch(long first, int count, long term, long salt, int bytes) {
        static final Batch NONE = new Batch(0, 0, 0, 0, 0);
    }

    List<Entry> entries() {
        List<Entry> entries = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            entries.add(Content.entry(index + i, term, salt, bytes));
        }
        return entries;
    }

    /** The operation as one line, without its end. */
    String line() {
        String state = hardState.equals(HardState.getDefaultInstance())
                ? NONE
                : hardState.getTerm() + "," + hardState.getVote() + "," + hardState.getCommit();
        return String.join(
                " ",
                Long.toString(number),
                kind.name(),
                group,
                state,
                Long.toString(index),
                Integer.toString(count),
                Long.toString(term),
                Long.toString(salt),
                Integer.toString(bytes),
                snapshotId.isEmpty() ? NONE : snapshotId);
    }

    /** What {@link #line} wrote. */
    static Operation parse(String line) {
        List<String> words = List.of(line.split(" ", -1));
        return new Operation(
                Long.parseLong(words.get(0)),
                Kind.valueOf(words.get(1)),
                words.get(2),
                hardState(words.get(3)),
                Long.parseLong(words.get(4)),
                Integer.parseInt(words.get(5)),
                Long.parseLong(words.get(6)),
                Long.parseLong(words.get(7)),
                Integer.parseInt(words.get(8)),
                words.get(9).equals(NONE) ? "" : words.get(9));
    }

    private static HardState hardState(String word) {
        if (word.equals(NONE)) {
            return HardState.getDefaultInstance();
        }
        List<String> parts = List.of(word.split(",", -1));
        return HardState.newBuilder()
                .setTerm(Long.parseLong(parts.get(0)))
                .setVote(parts.get(1))
                .setCommit(Long.parseLong(parts.get(2)))
                .build();
    }
}
