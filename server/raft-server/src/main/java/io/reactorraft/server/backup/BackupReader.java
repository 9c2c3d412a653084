package io.reactorraft.server.backup;

import com.google.protobuf.InvalidProtocolBufferException;
import io.reactorraft.server.kv.KeyValueStore;
import io.reactorraft.server.kv.proto.BackupHeader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;
import reactor.core.publisher.Flux;

/** Reads a backup to its end, and trusts nothing that it has not checked. Blocks; not thread-safe. */
public final class BackupReader {

    private final String name;
    private final InputStream in;
    private final BackupStream.Total total = new BackupStream.Total();
    private final BackupHeader header;
    private long offset;

    /**
     * Reads the header.
     *
     * @param name what messages call it, for instance the file
     * @throws BackupDamagedException where it is none
     */
    public BackupReader(String name, InputStream in) throws IOException {
        this.name = name;
        this.in = in;
        if (!Arrays.equals(bytes(BackupFormat.MAGIC.length), BackupFormat.MAGIC)) {
            throw new BackupDamagedException(name, 0, "it does not begin as a backup does");
        }
        ByteBuffer first = next();
        if (first == null) {
            throw damaged("it has no header");
        }
        try {
            header = BackupHeader.parseFrom(first);
        } catch (InvalidProtocolBufferException unreadable) {
            throw damaged("its header cannot be read");
        }
        if (header.getFormat() != BackupFormat.FORMAT) {
            throw new IOException(name + " has format " + header.getFormat() + ", and this version reads "
                    + BackupFormat.FORMAT + ": use the version that wrote it, or a later one");
        }
    }

    /** What it says of itself. */
    public BackupHeader header() {
        return header;
    }

    /** The bytes read so far. */
    public long offset() {
        return offset;
    }

    /** What is left of it, as a store restores it; once. Errors: {@link BackupDamagedException}, {@link IOException}. */
    public Flux<ByteBuffer> content() {
        return Flux.generate(sink -> {
            try {
                ByteBuffer part = next();
                if (part == null) {
                    sink.complete();
                } else {
                    sink.next(part);
                }
            } catch (IOException failed) {
                sink.error(failed);
            }
        });
    }

    /** Has an empty store restore it; what does not fit together is refused. */
    public void into(KeyValueStore store) throws IOException {
        try {
            store.restore(content()).block();
        } catch (RuntimeException failed) {
            throw asItWas(failed);
        }
        if (store.revision() != header.getRevision()) {
            throw damaged("it holds revision " + store.revision() + ", and says " + header.getRevision());
        }
    }

    /** Reads it for nothing but to find out whether it is whole. */
    public void toItsEnd(Runnable afterEachFrame) throws IOException {
        while (next() != null) {
            afterEachFrame.run();
        }
    }

    private static IOException asItWas(RuntimeException failed) {
        Throwable cause = Exceptions.unwrap(failed);
        if (cause instanceof IOException known) {
            return known;
        }
        throw failed;
    }

    /** The next frame; null: all were there, and nothing else is. */
    private @Nullable ByteBuffer next() throws IOException {
        long begin = offset;
        int length = number();
        if (length == BackupFormat.END) {
            end();
            return null;
        }
        if (length < 0 || length > BackupFormat.MAX_FRAME_BYTES) {
            throw new BackupDamagedException(name, begin, "a frame of " + length + " bytes");
        }
        int checksum = number();
        ByteBuffer frame = ByteBuffer.wrap(bytes(length));
        if (BackupFormat.checksum(frame) != checksum) {
            throw new BackupDamagedException(name, begin, "its checksum does not fit");
        }
        total.add(checksum);
        return frame;
    }

    private void end() throws IOException {
        if (number() != total.frames() || number() != total.checksum()) {
            throw damaged("frames are missing before its end, or are out of order");
        }
        if (in.read() >= 0) {
            throw damaged("something follows its end");
        }
    }

    private int number() throws IOException {
        return ByteBuffer.wrap(bytes(Integer.BYTES)).getInt();
    }

    private byte[] bytes(int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        offset += bytes.length;
        if (bytes.length < length) {
            throw broken();
        }
        return bytes;
    }

    private IOException broken() {
        IOException broken = damaged("it breaks off");
        broken.addSuppressed(new EOFException());
        return broken;
    }

    private BackupDamagedException damaged(String what) {
        return new BackupDamagedException(name, offset, what);
    }
}
