package io.reactorraft.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** The last lines of a log, which may be of any size. */
final class LogTail {

    /** So many bytes of the end are looked at; lines beyond are cut. */
    static final int MAX_BYTES = 16 << 10;

    private LogTail() {}

    /** At most {@code count} last lines; where the file cannot be read, one line that says so. */
    static List<String> lines(Path log, int count) {
        try (FileChannel channel = FileChannel.open(log, StandardOpenOption.READ)) {
            long from = Math.max(0, channel.size() - MAX_BYTES);
            ByteBuffer end = ByteBuffer.allocate((int) Math.min(MAX_BYTES, channel.size()));
            int read = 0;
            while (end.hasRemaining() && read >= 0) {
                read = channel.read(end, from + end.position());
            }
            List<String> lines =
                    StandardCharsets.UTF_8.decode(end.flip()).toString().lines().toList();
            return lines.subList(Math.max(0, lines.size() - count), lines.size());
        } catch (IOException failed) {
            return List.of("(cannot read " + log + ": " + failed + ")");
        }
    }
}
