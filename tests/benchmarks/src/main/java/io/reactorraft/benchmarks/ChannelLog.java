package io.reactorraft.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The least that a durable log can cost: one write of the bytes of a batch to a preallocated file, and one sync. */
final class ChannelLog implements AutoCloseable {
    private static final int CHUNK = 1 << 20;

    private final FileChannel channel;
    private final int bytes;
    private long position;

    /** Makes the file, written full of zeros; a log that reaches its end goes on at its beginning. */
    ChannelLog(Path file, int bytes) throws IOException {
        this.bytes = bytes;
        channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        ByteBuffer zeros = ByteBuffer.allocateDirect(CHUNK);
        for (long at = 0; at < bytes; at += CHUNK) {
            channel.write(zeros.clear(), at);
        }
        channel.force(true);
    }

    /** Makes all bytes of the batch durable. */
    void append(ByteBuffer batch) throws IOException {
        batch.clear();
        if (position + batch.capacity() > bytes) {
            position = 0;
        }
        while (batch.hasRemaining()) {
            position += channel.write(batch, position);
        }
        channel.force(false);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
