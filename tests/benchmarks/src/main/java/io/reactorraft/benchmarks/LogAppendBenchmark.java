package io.reactorraft.benchmarks;

import io.reactorraft.proto.Entry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A batch of entries made durable: one append, one sync, one at a time; beside one write of as many bytes to a preallocated
 * file and one sync. What a leader alone could acknowledge at most is {@code entries} over the time of one.
 *
 * <p>JMH runs one after the other; where the machine is shared, {@code benchmarks.jar log} compares them in turns.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class LogAppendBenchmark {
    private static final int CHANNEL_BYTES = 256 << 20;

    @Param({"ours", "channel"})
    public String log = "ours";

    @Param({"1", "8", "64", "512"})
    public int entries;

    @Param("256")
    public int bytes;

    private @Nullable RunDirectory directory;
    private @Nullable TidyLog ours;
    private @Nullable ChannelLog channel;
    private ByteBuffer document = ByteBuffer.allocate(0);
    private List<Entry> batch = List.of();

    @Setup(Level.Trial)
    public void open() throws IOException {
        RunDirectory fresh = RunDirectory.create(Path.of(System.getProperty("java.io.tmpdir")), false);
        directory = fresh;
        if (log.equals("ours")) {
            ours = new TidyLog(fresh.path(), bytes);
        } else {
            channel = new ChannelLog(fresh.path().resolve("log"), CHANNEL_BYTES);
            document = ByteBuffer.allocateDirect(entries * (bytes + TidyLog.RECORD_OVERHEAD));
        }
    }

    /** Not measured: entries are made elsewhere. */
    @Setup(Level.Invocation)
    public void prepare() {
        TidyLog written = ours;
        if (written != null) {
            written.tidy();
            batch = written.batch(entries);
        }
    }

    @Benchmark
    public int append() throws IOException {
        TidyLog written = ours;
        if (written != null) {
            written.append(batch);
        } else {
            Objects.requireNonNull(channel, "the log is not open").append(document);
        }
        return entries;
    }

    @TearDown(Level.Trial)
    public void close() throws IOException {
        if (ours != null) {
            ours.close();
        }
        if (channel != null) {
            channel.close();
        }
        if (directory != null) {
            directory.end();
        }
    }
}
