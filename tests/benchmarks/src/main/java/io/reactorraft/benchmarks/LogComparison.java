package io.reactorraft.benchmarks;

import io.reactorraft.proto.Entry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.LongStream;

/**
 * Our log beside the least that a log can cost, in turns of a tenth of a second: what else the machine does, and the moods
 * of its disk, fall on both alike. A batch of ours takes until the log says that it is durable; whoever waits for that with a
 * thread that sleeps pays for its waking as well.
 */
final class LogComparison {
    private static final long TURN_NANOS = 100_000_000;
    private static final int CHANNEL_BYTES = 256 << 20;
    private static final int MAX_SAMPLES = 1 << 20;

    private final Path directory;
    private final int entryBytes;

    LogComparison(Path directory, int entryBytes) {
        this.directory = directory;
        this.entryBytes = entryBytes;
    }

    /**
     * Both with batches of one size.
     *
     * @param ratio of our entries a second to the channel's
     * @param garbage what a batch of ours allocates on the caller's and the log's own threads, in bytes
     */
    record Row(int entries, Times ours, Times channel, double ratio, double garbage) {
        String text() {
            return String.format(
                    Locale.ROOT,
                    "entries=%d ours/s=%.0f channel/s=%.0f ratio=%.2f oursP50us=%.0f channelP50us=%.0f oursP99us=%.0f"
                            + " channelP99us=%.0f p99Ratio=%.2f bytesABatch=%.0f bytesAnEntry=%.2f",
                    entries,
                    ours.perSecond(entries),
                    channel.perSecond(entries),
                    ratio,
                    ours.micros(0.5),
                    channel.micros(0.5),
                    ours.micros(0.99),
                    channel.micros(0.99),
                    ours.micros(0.99) / channel.micros(0.99),
                    garbage,
                    garbage / entries);
        }
    }

    /** How long each batch took, in nanoseconds, sorted. */
    static final class Times {
        private final long[] nanos;

        Times(long[] nanos) {
            this.nanos = nanos;
        }

        double perSecond(int entries) {
            return entries * 1e9 * nanos.length / LongStream.of(nanos).sum();
        }

        double micros(double quantile) {
            return nanos[(int) Math.min(nanos.length - 1, nanos.length * quantile)] / 1e3;
        }
    }

    /** Measures for so long each, after a third of it to warm up. */
    Row run(int entries, Duration time) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocateDirect(entries * (entryBytes + TidyLog.RECORD_OVERHEAD));
        try (TidyLog ours = new TidyLog(directory.resolve("ours-" + entries), entryBytes);
                ChannelLog channel = new ChannelLog(directory.resolve("channel-" + entries), CHANNEL_BYTES)) {
            turns(ours, channel, bytes, entries, time.dividedBy(3));
            return turns(ours, channel, bytes, entries, time);
        }
    }

    private static Row turns(TidyLog ours, ChannelLog channel, ByteBuffer bytes, int entries, Duration time)
            throws IOException {
        Samples of = new Samples();
        Samples than = new Samples();
        long garbage = -HeapAccounts.allocatedBy(TidyLog.THREADS);
        while (of.total < time.toNanos() && of.isRoom() && than.isRoom()) {
            for (long until = of.total + TURN_NANOS; of.total < until && of.isRoom(); ) {
                List<Entry> batch = ours.batch(entries);
                long before = HeapAccounts.allocatedHere();
                long began = System.nanoTime();
                of.add(ours.append(batch) - began);
                garbage += HeapAccounts.allocatedHere() - before;
            }
            ours.tidy();
            for (long until = than.total + TURN_NANOS; than.total < until && than.isRoom(); ) {
                long began = System.nanoTime();
                channel.append(bytes);
                than.add(System.nanoTime() - began);
            }
        }
        garbage += HeapAccounts.allocatedBy(TidyLog.THREADS);
        Times own = of.times();
        Times plain = than.times();
        double ratio = own.perSecond(entries) / plain.perSecond(entries);
        return new Row(entries, own, plain, ratio, (double) garbage / of.count);
    }

    private static final class Samples {
        private final long[] nanos = new long[MAX_SAMPLES];
        private int count;
        private long total;

        boolean isRoom() {
            return count < MAX_SAMPLES;
        }

        void add(long took) {
            nanos[count++] = took;
            total += took;
        }

        Times times() {
            long[] sorted = Arrays.copyOf(nanos, count);
            Arrays.sort(sorted);
            return new Times(sorted);
        }
    }
}
