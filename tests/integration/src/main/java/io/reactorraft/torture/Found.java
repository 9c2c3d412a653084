package io.reactorraft.torture;

import io.reactorraft.proto.HardState;
import io.reactorraft.proto.SnapshotMetadata;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * One group as a store shows it after it was opened: everything was read, not only counted.
 *
 * @param mark group, index, term and id of the newest snapshot's mark
 * @param first of the log; {@code last + 1} where it is empty
 * @param prints of all entries, the first one's first, see {@link Content#print}
 * @param restored the index of the snapshot that was restored and read to its end; 0: none
 */
record Found(String group, HardState hardState, SnapshotMetadata mark, long first, List<Long> prints, long restored) {

    long last() {
        return first + prints.size() - 1;
    }

    /** As one line, without its end. */
    String line() {
        String entries = prints.stream().map(Long::toHexString).collect(Collectors.joining(","));
        return String.join(
                " ",
                group,
                hardState.getTerm() + "," + hardState.getVote() + "," + hardState.getCommit(),
                mark.getIndex() + "," + mark.getTerm() + "," + mark.getSnapshotId(),
                Long.toString(first),
                Long.toString(restored),
                entries);
    }

    /** What {@link #line} wrote. */
    static Found parse(String line) {
        List<String> words = List.of(line.split(" ", -1));
        List<String> state = List.of(words.get(1).split(",", -1));
        List<String> mark = List.of(words.get(2).split(",", -1));
        LongStream prints = words.get(5).isEmpty()
                ? LongStream.empty()
                : Arrays.stream(words.get(5).split(",", -1)).mapToLong(each -> Long.parseUnsignedLong(each, 16));
        return new Found(
                words.get(0),
                HardState.newBuilder()
                        .setTerm(Long.parseLong(state.get(0)))
                        .setVote(state.get(1))
                        .setCommit(Long.parseLong(state.get(2)))
                        .build(),
                SnapshotMetadata.newBuilder()
                        .setGroupId(words.get(0))
                        .setIndex(Long.parseLong(mark.get(0)))
                        .setTerm(Long.parseLong(mark.get(1)))
                        .setSnapshotId(mark.get(2))
                        .build(),
                Long.parseLong(words.get(3)),
                prints.boxed().toList(),
                Long.parseLong(words.get(4)));
    }

    /** Without the entries, for people. */
    @Override
    public String toString() {
        return "group " + group + ": entries " + first + ".." + last() + ", term " + hardState.getTerm() + ", vote '"
                + hardState.getVote() + "', commit " + hardState.getCommit() + ", mark " + mark.getIndex() + "/"
                + mark.getTerm() + " " + mark.getSnapshotId() + ", restored " + restored;
    }
}
