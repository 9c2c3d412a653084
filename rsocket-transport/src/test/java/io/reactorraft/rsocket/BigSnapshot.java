package io.reactorraft.rsocket;

import io.reactorraft.proto.Member;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.Transport.Receiver;
import io.reactorraft.testkit.TransportNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.CRC32C;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Sends a snapshot of so many MiB to a peer in the same process, whose memory is bounded from outside, and has the
 * connection broken on the way. Says {@code arrived whole} and what memory it took at most.
 */
final class BigSnapshot {

    private static final int BUFFER_BYTES = 300_000;
    private static final long BEAT_NANOS = 5_000_000;

    private BigSnapshot() {}

    public static void main(String[] args) throws IOException {
        long buffers = Long.parseLong(args[0]) * (1 << 20) / BUFFER_BYTES;
        Checking ear = new Checking();
        try (Cluster cluster = new Cluster()) {
            TransportNode a = cluster.start("a");
            TransportNode b = cluster.start("b");
            Cluster.introduce(a, b);
            b.leave();
            b.transport().join(TransportNode.GROUP, ear);
            ear.onHalf(buffers / 2, () -> Cluster.inside(a).breakSnapshotsTo("b"));
            Thread heart = new Thread(() -> beat(a, b));
            heart.setDaemon(true);
            heart.start();
            a.transport()
                    .sendSnapshot(
                            "b",
                            SnapshotMetadata.newBuilder()
                                    .setGroupId(TransportNode.GROUP)
                                    .setIndex(1)
                                    .build(),
                            Flux.<ByteBuffer, Long>generate(() -> 0L, (number, sink) -> {
                                if (number == buffers) {
                                    sink.complete();
                                } else {
                                    sink.next(buffer(number));
                                }
                                return number + 1;
                            }))
                    .block(Duration.ofMinutes(10));
        }
        if (ear.next != buffers) {
            throw new AssertionError(ear.next + " buffers arrived of " + buffers);
        }
        System.out.println("arrived whole");
        System.out.println(ear.heartbeats());
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmHWM")) {
                System.out.println(line.replaceAll("\\D+", ""));
            }
        }
    }

    /** A heartbeat every few milliseconds, as long as there is anything to pass. */
    private static void beat(TransportNode a, TransportNode b) {
        while (true) {
            a.transport()
                    .send(
                            TransportNode.GROUP,
                            a.append(b, System.nanoTime()).toBuilder()
                                    .setType(MessageType.MSG_HEARTBEAT)
                                    .build());
            LockSupport.parkNanos(BEAT_NANOS);
        }
    }

    private static ByteBuffer buffer(long number) {
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES).putLong(0, number).putLong(BUFFER_BYTES / 2, ~number);
        return buffer.putInt(BUFFER_BYTES - 4, checksum(buffer.duplicate().limit(BUFFER_BYTES - 4)));
    }

    private static int checksum(ByteBuffer bytes) {
        CRC32C checksum = new CRC32C();
        checksum.update(bytes);
        return (int) checksum.getValue();
    }

    /** Checks what arrives, and keeps nothing of it. */
    private static final class Checking implements Receiver {
        private volatile long next;
        private volatile long half;
        private volatile Runnable onHalf = () -> {};
        private final List<Long> delays = new ArrayList<>();

        /** {@code p99 of N heartbeats: M us}. */
        synchronized String heartbeats() {
            List<Long> sorted = delays.stream().sorted().toList();
            return "p99 of " + sorted.size() + " heartbeats: "
                    + (sorted.isEmpty() ? -1 : sorted.get(sorted.size() * 99 / 100) / 1_000) + " us";
        }

        void onHalf(long number, Runnable deed) {
            half = number;
            onHalf = deed;
        }

        @Override
        public Mono<Void> snapshot(SnapshotMetadata metadata, Flux<ByteBuffer> content) {
            return content.doOnNext(buffer -> {
                        long number = next;
                        boolean whole = buffer.remaining() == BUFFER_BYTES
                                && buffer.getLong(0) == number
                                && buffer.getInt(BUFFER_BYTES - 4)
                                        == checksum(buffer.duplicate().limit(BUFFER_BYTES - 4));
                        if (!whole) {
                            throw new IllegalStateException("buffer " + number + " is not what was sent");
                        }
                        next = number + 1;
                        if (number == half) {
                            onHalf.run();
                        }
                    })
                    .then();
        }

        @Override
        public synchronized void receive(Message message) {
            if (message.getType() == MessageType.MSG_HEARTBEAT) {
                delays.add(System.nanoTime() - message.getIndex());
            }
        }

        @Override
        public void unreachable(String peerId) {}

        @Override
        public void met(Member peer) {}

        @Override
        public Mono<ByteBuffer> request(ByteBuffer body) {
            return Mono.empty();
        }
    }
}
