package io.reactorraft.benchmarks;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import io.reactorraft.proto.Payload;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What an append message costs on its way: every entry is stamped once, encoded once a follower, and decoded at each of
 * them. Two ways of either are compared, since the transport may choose.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class AppendMessageBenchmark {

    @Param({"1", "64"})
    public int entries;

    @Param("256")
    public int bytes;

    private ByteString command = ByteString.EMPTY;
    private Message message = Message.getDefaultInstance();
    private byte[] encoded = {};
    private ByteBuffer direct = ByteBuffer.allocate(0);

    @Setup
    public void message() {
        byte[] random = new byte[bytes];
        new Random(42).nextBytes(random);
        command = ByteString.copyFrom(random);
        Message.Builder append = Message.newBuilder()
                .setType(MessageType.MSG_APPEND)
                .setGroupId("default")
                .setFrom("n1")
                .setTo("n2")
                .setTerm(3)
                .setLogTerm(3)
                .setIndex(1_000_000)
                .setCommit(999_990);
        for (int entry = 0; entry < entries; entry++) {
            append.addEntries(Entry.newBuilder()
                    .setTerm(3)
                    .setIndex(1_000_001 + entry)
                    .setData(envelope().toByteString()));
        }
        message = append.build();
        encoded = message.toByteArray();
        direct = ByteBuffer.allocateDirect(encoded.length);
    }

    @Benchmark
    public Payload envelope() {
        return Payload.newBuilder()
                .setKind(Payload.Kind.COMMAND)
                .setTimeMillis(1_790_000_000_000L)
                .setRulesVersion(1)
                .setBody(command)
                .build();
    }

    @Benchmark
    public byte[] encodeToArray() {
        return fresh().toByteArray();
    }

    @Benchmark
    public ByteBuffer encodeToDirectBuffer() throws IOException {
        CodedOutputStream output = CodedOutputStream.newInstance(direct.clear());
        fresh().writeTo(output);
        output.flush();
        return direct;
    }

    @Benchmark
    public Message decodeCopying() throws IOException {
        return Message.parseFrom(encoded);
    }

    @Benchmark
    public Message decodeAliasing() throws IOException {
        CodedInputStream input = CodedInputStream.newInstance(encoded);
        input.enableAliasing(true);
        return Message.parseFrom(input);
    }

    /** A message of its own, as each follower gets one: its size is not yet remembered. */
    private Message fresh() {
        return message.toBuilder().setTo("n3").build();
    }
}
