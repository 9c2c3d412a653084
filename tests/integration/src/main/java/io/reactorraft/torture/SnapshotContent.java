package io.reactorraft.torture;

import io.reactorraft.proto.SnapshotMetadata;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import reactor.core.publisher.Flux;

/** The content of a snapshot, which follows from its group, index and term: emitted, or compared with what is read. */
final class SnapshotContent {
    private static final int MOST_BUFFERS = 40;
    private static final int LARGEST_BUFFER = 8 << 10;

    private final SnapshotMetadata snapshot;
    private final SplittableRandom random;
    private final int count;
    private int at;

    SnapshotContent(SnapshotMetadata snapshot) {
        this.snapshot = snapshot;
        this.random = new SplittableRandom(
                snapshot.getGroupId().hashCode() * 31L * 31L + snapshot.getIndex() * 31L + snapshot.getTerm());
        this.count = random.nextInt(MOST_BUFFERS);
    }

    /** The buffers, one after the other. */
    Flux<ByteBuffer> emit() {
        return Flux.<ByteBuffer>generate(sink -> {
            if (at == count) {
                sink.complete();
            } else {
                sink.next(next());
            }
        });
    }

    /** The next buffer that was read. */
    void check(ByteBuffer read) {
        if (at == count || !next().equals(read)) {
            throw new ViolationException("buffer " + at + " of snapshot " + name() + " is another");
        }
    }

    /** All were read. */
    void checkWhole() {
        if (at != count) {
            throw new ViolationException("snapshot " + name() + " has " + at + " buffers, not " + count);
        }
    }

    private ByteBuffer next() {
        at++;
        byte[] bytes = new byte[random.nextInt(8) == 0 ? 0 : random.nextInt(LARGEST_BUFFER)];
        random.nextBytes(bytes);
        return ByteBuffer.wrap(bytes);
    }

    private String name() {
        return snapshot.getGroupId() + "/" + snapshot.getIndex() + " " + snapshot.getSnapshotId();
    }
}
