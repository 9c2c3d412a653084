package io.reactorraft.benchmarks;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the core alone can do: three cores on one thread, wired in memory, with asynchronous storage writes as the runtime
 * uses them. One invocation proposes a batch of 64 commands and goes on until all three have applied it, so a score is in
 * entries. Run with {@code --profile gc}, the bytes allocated an entry must not depend on how long the log is.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(2)
public class CoreBenchmark {

    private static final int BATCH = 64;

    @Param({"10000", "1000000"})
    public int entriesBefore;

    @Param("256")
    public int bytes;

    private final List<ByteString> batch = new ArrayList<>();
    private CoreTrio trio = new CoreTrio(1);

    @Setup(Level.Trial)
    public void wire() {
        batch.clear();
        for (int command = 0; command < BATCH; command++) {
            batch.add(ByteString.copyFrom(new byte[bytes]));
        }
        trio = new CoreTrio(entriesBefore);
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public long commit() {
        return trio.commit(batch);
    }
}
