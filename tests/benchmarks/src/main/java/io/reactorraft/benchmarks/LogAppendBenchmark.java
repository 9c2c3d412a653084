package io.reactorraft.benchmarks;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.HardState;
import io.reactorraft.wal.ChronicleLogStore;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
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
 * A batch of entries made durable: one append, one sync, one at a time. What a leader alone could acknowledge at most is
 * {@code entries} over the time of one.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class LogAppendBenchmark {
    private static final String GROUP = "default";

    /** So many appends lie between two compactions: the log of a run must fit on a disk. */
    private static final int APPENDS_BETWEEN_COMPACTIONS = 10_000;

    @Param({"1", "16", "64", "512"})
    public int entries;

    @Param("256")
    public int bytes;

    private @Nullable RunDirectory directory;
    private @Nullable ChronicleLogStore store;
    private ByteString payload = ByteString.EMPTY;
    private long lastIndex;
    private int appends;

    @Setup(Level.Trial)
    public void open() {
        byte[] random = new byte[bytes];
        new Random(42).nextBytes(random);
        payload = ByteString.copyFrom(random);
        RunDirectory fresh = RunDirectory.create(Path.of(System.getProperty("java.io.tmpdir")), false);
        ChronicleLogStore opened = new ChronicleLogStore();
        opened.open(fresh.path(), "benchmark", "n1").block();
        directory = fresh;
        store = opened;
    }

    @Benchmark
    public long append() {
        ChronicleLogStore log = opened();
        List<Entry> batch = new ArrayList<>(entries);
        for (int entry = 0; entry < entries; entry++) {
            batch.add(Entry.newBuilder()
                    .setTerm(1)
                    .setIndex(++lastIndex)
                    .setData(payload)
                    .build());
        }
        log.append(GROUP, HardState.getDefaultInstance(), batch).block();
        if (++appends % APPENDS_BETWEEN_COMPACTIONS == 0) {
            log.compact(GROUP, lastIndex - 1).block();
        }
        return lastIndex;
    }

    @TearDown(Level.Trial)
    public void close() {
        opened().close().block();
        RunDirectory used = directory;
        if (used != null) {
            used.end();
        }
    }

    private ChronicleLogStore opened() {
        ChronicleLogStore log = store;
        if (log == null) {
            throw new IllegalStateException("the log is not open: was the trial set up?");
        }
        return log;
    }
}
