package io.reactorraft.wal;

import io.reactorraft.proto.SnapshotMetadata;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One snapshot file, read from its head to its end. Changes nothing, needs no lock: for tools, and for the store itself.
 *
 * @param file that was read
 * @param metadata as the file has it, with size and checksum where it is whole; null: not even its head can be read
 * @param fault file, offset and what is wrong there, in one line; null: it is whole
 */
public record SnapshotCheck(
        Path file,
        @Nullable SnapshotMetadata metadata,
        @Nullable String fault) {
    private static final int CHUNK_BYTES = 1 << 20;

    /** All snapshot files of a data directory, oldest first; files that are still being written are none. */
    public static List<SnapshotCheck> all(Path dataDirectory) throws IOException {
        Path snapshots = dataDirectory.resolve(SnapshotShelf.DIRECTORY);
        List<SnapshotCheck> checks = new ArrayList<>();
        if (!Files.isDirectory(snapshots)) {
            return checks;
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(snapshots, "*" + SnapshotName.SUFFIX)) {
            for (Path file : files) {
                checks.add(of(file, CHUNK_BYTES));
            }
        }
        checks.sort(Comparator.comparing(SnapshotCheck::file));
        return checks;
    }

    static SnapshotCheck of(Path file, int chunkBytes) {
        SnapshotMetadata head = null;
        try (SnapshotReader reader = SnapshotReader.open(file, chunkBytes)) {
            head = reader.head().getMetadata();
            while (reader.next() != null) {
                // all of it must be there
            }
            return new SnapshotCheck(file, reader.metadata(), null);
        } catch (NoSuchFileException missing) {
            return new SnapshotCheck(file, null, file + ":0 is missing");
        } catch (SnapshotDamagedException damaged) {
            return new SnapshotCheck(file, head, damaged.getMessage());
        } catch (IOException unreadable) {
            return new SnapshotCheck(file, head, file + ":0 cannot be read (" + unreadable + ")");
        }
    }
}
