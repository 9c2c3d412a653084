package io.reactorraft.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** How long a log takes to be read back, beside reading the same files with a channel; both from the page cache. */
final class LogReadBack {
    private static final int BATCH = 512;
    private static final int ROUNDS = 5;

    private LogReadBack() {}

    /** Writes so much and measures; one line. */
    static String run(Path directory, int entryBytes, int mebibytes) throws IOException {
        Path full = directory.resolve("read-back");
        long entries = ((long) mebibytes << 20) / (entryBytes + TidyLog.RECORD_OVERHEAD);
        try (TidyLog log = new TidyLog(full, entryBytes)) {
            for (long written = 0; written < entries; written += BATCH) {
                log.append(log.batch(BATCH));
            }
        }
        double[] back = new double[ROUNDS];
        double[] opened = new double[ROUNDS];
        double[] read = new double[ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            read[round] = read(full);
            long began = System.nanoTime();
            try (TidyLog log = new TidyLog(full, entryBytes)) {
                opened[round] = (System.nanoTime() - began) / 1e6;
                back[round] = log.readBackMillis();
                log.append(log.batch(1)); // or the next opening would find a segment to replace
            }
        }
        return String.format(
                Locale.ROOT,
                "logMiB=%d openMs=%.0f readBackMs=%.0f channelMs=%.0f ratio=%.2f",
                mebibytes,
                median(opened),
                median(back),
                median(read),
                median(read) / median(back));
    }

    private static double read(Path directory) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20);
        List<Path> segments;
        try (Stream<Path> files = Files.walk(directory)) {
            segments = files.filter(file -> file.toString().endsWith(".cq4")).toList();
        }
        long began = System.nanoTime();
        for (Path segment : segments) {
            try (FileChannel channel = FileChannel.open(segment, StandardOpenOption.READ)) {
                while (channel.read(buffer.clear()) > 0) {
                    // all of it
                }
            }
        }
        return (System.nanoTime() - began) / 1e6;
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
