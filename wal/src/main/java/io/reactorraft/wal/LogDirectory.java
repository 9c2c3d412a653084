package io.reactorraft.wal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * The files of a log.
 *
 * <pre>
 *   wal.lock            held while the log is open
 *   wal.mark            up to which record the log was durable
 *   wal/CYCLE/*.cq4     the segments of one opening, a Chronicle queue; CYCLE is that of the first
 * </pre>
 */
final class LogDirectory {
    private static final String SEGMENTS = "wal";

    private final Path root;

    LogDirectory(Path root) {
        this.root = root;
    }

    Path root() {
        return root;
    }

    /** Where an opening whose first segment is {@code cycle} writes. */
    Path queue(int cycle) {
        return root.resolve(SEGMENTS).resolve(String.format(Locale.ROOT, "%08d", cycle));
    }

    /** All segments, oldest first. */
    List<Segment> segments() throws IOException {
        List<Segment> found = new ArrayList<>();
        for (Path queue : list(root.resolve(SEGMENTS), "*")) {
            for (Path file : list(queue, "*" + SegmentName.SUFFIX)) {
                int cycle = SegmentName.cycle(file.getFileName().toString());
                if (cycle >= 0) {
                    found.add(new Segment(cycle, file));
                }
            }
        }
        found.sort(Comparator.comparingInt(Segment::cycle));
        return found;
    }

    /** Removes the directories of earlier openings that hold no segment any more, and files that none became. */
    void tidy(Path current) throws IOException {
        if (!Files.isDirectory(root.resolve(SEGMENTS))) {
            return;
        }
        for (Path queue : list(root.resolve(SEGMENTS), "*")) {
            if (queue.equals(current)) {
                continue;
            }
            for (Path leftover : list(queue, "*{" + Preallocation.SUFFIX + "," + SegmentSupply.SET_ASIDE + "}")) {
                Files.delete(leftover);
            }
            if (list(queue, "*" + SegmentName.SUFFIX).isEmpty()) {
                empty(queue);
                Files.delete(queue);
            }
        }
        sync(root.resolve(SEGMENTS));
    }

    /** Removes all files of a directory. */
    static void empty(Path queue) throws IOException {
        for (Path file : list(queue, "*")) {
            Files.delete(file);
        }
    }

    /** Makes every directory on the way to a queue durable. */
    void syncPathTo(Path queue) throws IOException {
        sync(queue);
        sync(root.resolve(SEGMENTS));
        sync(root);
    }

    /** The directory that a file of the log lies in. */
    static Path parent(Path file) {
        return Objects.requireNonNull(file.getParent(), "a file of the log lies in a directory");
    }

    /** Makes the names in a directory durable. */
    static void sync(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static List<Path> list(Path directory, String glob) throws IOException {
        List<Path> found = new ArrayList<>();
        if (Files.isDirectory(directory)) {
            try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory, glob)) {
                stream.forEach(found::add);
            }
        }
        return found;
    }
}
