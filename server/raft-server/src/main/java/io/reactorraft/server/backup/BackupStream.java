package io.reactorraft.server.backup;

import io.reactorraft.server.kv.proto.BackupHeader;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Writes a backup, a buffer at a time and as fast as it is asked for. */
public final class BackupStream {

    private static final int NUMBER = Integer.BYTES;

    private BackupStream() {}

    /** A header for a backup of now. */
    public static BackupHeader header(String clusterId, long revision, long nowMillis) {
        return BackupHeader.newBuilder()
                .setFormat(BackupFormat.FORMAT)
                .setClusterId(clusterId)
                .setRevision(revision)
                .setTimeMillis(nowMillis)
                .build();
    }

    /** The stream, for one subscriber at a time; {@code content} is a snapshot of the store. */
    public static Flux<ByteBuffer> of(BackupHeader header, Flux<ByteBuffer> content) {
        return Flux.defer(() -> {
            Total total = new Total();
            return Flux.concat(
                    Mono.fromSupplier(() -> ByteBuffer.wrap(BackupFormat.MAGIC.clone())),
                    Flux.just(ByteBuffer.wrap(header.toByteArray()))
                            .concatWith(content)
                            .map(total::frame),
                    Mono.fromSupplier(total::end));
        });
    }

    /** What the end says of all frames. */
    static final class Total {
        private final CRC32C checksums = new CRC32C();
        private int frames;

        /** Counts a frame with this checksum. */
        void add(int checksum) {
            frames++;
            checksums.update(ByteBuffer.allocate(NUMBER).putInt(checksum).flip());
        }

        int frames() {
            return frames;
        }

        int checksum() {
            return (int) checksums.getValue();
        }

        private ByteBuffer frame(ByteBuffer bytes) {
            int checksum = BackupFormat.checksum(bytes);
            add(checksum);
            return ByteBuffer.allocate(2 * NUMBER + bytes.remaining())
                    .putInt(bytes.remaining())
                    .putInt(checksum)
                    .put(bytes.duplicate())
                    .flip();
        }

        private ByteBuffer end() {
            return ByteBuffer.allocate(3 * NUMBER)
                    .putInt(BackupFormat.END)
                    .putInt(frames())
                    .putInt(checksum())
                    .flip();
        }
    }
}
