package io.reactorraft.wal;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.proto.Entry;
import io.reactorraft.proto.SegmentStart;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Files that version 1 wrote, once and for all: every later version reads them. If one of these tests fails, the log has a
 * new format, and needs a new version and a way to read the old one.
 */
class FormatTest {

    @TempDir
    Path directory;

    private Path log;

    @BeforeEach
    void copyTheGoldenFiles() throws IOException, URISyntaxException {
        Path golden = Path.of(Objects.requireNonNull(FormatTest.class.getResource("/golden-1"))
                .toURI());
        log = Logs.copy(golden, directory.resolve("log"));
    }

    @Test
    void theGoldenFilesAreReadAndWrittenOn() {
        ChronicleLogStore store = Logs.open(log);
        assertThat(Logs.read(store, 1, 8)).isEqualTo(expected());
        assertThat(store.hardState(Logs.GROUP)).isEqualTo(Logs.hardState(2, "", 2));
        assertThat(store.view("users").firstIndex()).isEqualTo(41);
        assertThat(store.read("users", 41, 43, 0).block(Logs.SOON)).isEqualTo(Logs.entries(41, 42, 300));
        assertThat(store.snapshotMark("users")).isEqualTo(GoldenLog.MARK);
        assertThat(store.hardState("users")).isEqualTo(Logs.hardState(3, "n2", 40));
        Logs.append(store, Logs.entries(8, 8, 30));
        Logs.close(store);

        store = Logs.open(log);
        assertThat(Logs.read(store, 8, 9)).isEqualTo(Logs.entries(8, 8, 30));
        Logs.close(store);
    }

    /** Nothing but docs/format.md: a reader of a few lines finds every entry. */
    @Test
    void theDescriptionIsEnoughToReadThem() throws IOException {
        List<Entry> entries = new ArrayList<>();
        for (Path segment : Logs.segments(log)) {
            ByteBuffer file = ByteBuffer.wrap(Files.readAllBytes(segment)).order(ByteOrder.LITTLE_ENDIAN);
            byte[] seed = {};
            while (file.remaining() >= 4) {
                int header = file.getInt();
                if (header == 0 || header == 0xC000_0000) {
                    break;
                }
                int end = file.position() + (header & 0x3FFF_FFFF);
                boolean records = (header & 0x4000_0000) == 0;
                while (records && file.position() < end) {
                    seed = record(file, seed, entries);
                }
                file.position((end + 3) & ~3);
            }
        }
        assertThat(entries).isEqualTo(expected());
    }

    /** One record; answers the seed of the segment. */
    private static byte[] record(ByteBuffer file, byte[] seed, List<Entry> entries) throws IOException {
        int at = file.position();
        int length = file.getInt(at + 4);
        int next = (at + 20 + length + 3) & ~3;
        byte type = file.get(at + 16);
        CRC32C crc = new CRC32C();
        if (type != 1) {
            crc.update(seed);
        }
        crc.update(file.slice(at + 4, next - at - 4));
        assertThat(file.getInt(at)).as("checksum at %d", at).isEqualTo((int) crc.getValue());
        byte[] payload = new byte[length];
        file.get(at + 20, payload);
        file.position(next);
        if (type == 1) {
            SegmentStart start = SegmentStart.parseFrom(payload);
            assertThat(start.getFormatVersion()).isEqualTo(1);
            return ByteBuffer.allocate(8)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(start.getChecksumSeed())
                    .array();
        }
        if (type == 3 && file.getShort(at + 18) == 1) {
            Entry entry = Entry.parseFrom(payload);
            entries.removeIf(earlier -> earlier.getIndex() >= entry.getIndex());
            entries.add(entry);
        }
        return seed;
    }

    private static List<Entry> expected() {
        List<Entry> entries = new ArrayList<>(Logs.entries(1, 2, 20));
        entries.addAll(Logs.entries(3, 6, 40));
        entries.addAll(Logs.entries(7, 7, 0));
        return entries;
    }
}
