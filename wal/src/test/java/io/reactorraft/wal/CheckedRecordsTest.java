package io.reactorraft.wal;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import io.reactorraft.proto.SnapshotMetadata;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is read ahead is what a reader finds, and ends where it should. */
class CheckedRecordsTest {
    private static final int HEAD = 1; // SEGMENT_START: the group came later
    private static final int ENTRIES = 20;

    @TempDir
    Path directory;

    private final CheckedRecords records = new CheckedRecords();
    private Path segment;

    /** A head, a group, entries in two terms, and the mark of a snapshot that lets the log begin anew. */
    @BeforeEach
    void write() throws IOException {
        ChronicleLogStore store = Logs.open(directory);
        Logs.append(store, Logs.entries(1, ENTRIES / 2, 10));
        Logs.append(
                store,
                Logs.entries(ENTRIES / 2 + 1, ENTRIES, 10).stream()
                        .map(entry -> entry.toBuilder().setTerm(2).build())
                        .toList());
        store.mark(Logs.GROUP, Logs.snapshot(Logs.GROUP, 100)).block(Logs.SOON);
        Logs.close(store);
        segment = Logs.segments(directory).get(0);
    }

    @Test
    void allThatAReaderFinds() throws IOException {
        read(0, Long.MAX_VALUE);

        long[] offsets = Logs.recordOffsets(segment);
        assertThat(records.end()).isEqualTo(offsets[offsets.length - 1]);
        List<String> seen = new ArrayList<>();
        for (int i = 0; records.next(); i++) {
            assertThat(records.offset()).isEqualTo(offsets[i]);
            assertThat(records.number()).isEqualTo(i + 1);
            seen.add(told());
        }
        assertThat(seen).hasSize(HEAD + 1 + ENTRIES + 1);
        assertThat(seen.subList(0, 4)).containsExactly("SEGMENT_START", "GROUP_START", "1: 1@1", "1: 2@1");
        assertThat(seen.subList(11, 14)).containsExactly("1: 10@1", "1: 11@2", "1: 12@2");
        assertThat(seen.get(seen.size() - 1)).isEqualTo("mark at 100, begins true");
    }

    @Test
    void noneBehindTheLastThatCounts() throws IOException {
        read(0, 5);

        assertThat(count()).isEqualTo(5);
        assertThat(records.end()).isEqualTo(Logs.recordOffsets(segment)[5]);
    }

    @Test
    void noneWithAnotherNumberThanTheNext() throws IOException {
        read(7, Long.MAX_VALUE);

        assertThat(count()).isZero();
        assertThat(records.end()).isZero();
    }

    @Test
    void nothingOfWhatWasReadBefore() throws IOException {
        read(0, Long.MAX_VALUE);
        count();
        read(0, 4);

        assertThat(count()).isEqualTo(4);
    }

    private void read(long previous, long last) throws IOException {
        records.clear(previous);
        try (FileChannel channel = FileChannel.open(segment)) {
            records.read(NewerSegment.reader(channel), last);
        }
    }

    private int count() {
        int count = 0;
        while (records.next()) {
            count++;
        }
        return count;
    }

    private String told() throws InvalidProtocolBufferException {
        EntryHead head = new EntryHead();
        return switch (records.type()) {
            case ENTRY -> {
                records.entry(head);
                yield records.group() + ": " + head.index() + "@" + head.term();
            }
            case SNAPSHOT_MARK ->
                "mark at " + SnapshotMetadata.parseFrom(records.payload()).getIndex() + ", begins "
                        + records.logBegins();
            default -> records.type().name();
        };
    }
}
