package io.reactorraft.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * What a small synced append costs on this disk right now: no system that syncs can answer faster, and shared disks
 * have better and worse hours. Taken just before a run, to tell one from the other.
 */
final class DiskMood {
    private static final int APPENDS = 500;
    private static final int BYTES = 256;

    private DiskMood() {}

    /** The median of 500 appends of 256 B and a sync each, to a preallocated file, in microseconds. */
    static double syncMedianMicros(Path directory) {
        Path file = directory.resolve("disk-mood.dat");
        long[] nanos = new long[APPENDS];
        try {
            Files.createDirectories(directory);
            try (FileChannel channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
                channel.write(ByteBuffer.allocateDirect(APPENDS * BYTES), 0);
                channel.force(true);
                ByteBuffer entry = ByteBuffer.allocateDirect(BYTES);
                for (int append = 0; append < APPENDS; append++) {
                    long begin = System.nanoTime();
                    channel.write(entry.clear(), (long) append * BYTES);
                    channel.force(false);
                    nanos[append] = System.nanoTime() - begin;
                }
            } finally {
                Files.deleteIfExists(file);
            }
        } catch (IOException failed) {
            throw new BenchmarkException("cannot write to " + directory, failed);
        }
        Arrays.sort(nanos);
        return nanos[APPENDS / 2] / 1e3;
    }
}
