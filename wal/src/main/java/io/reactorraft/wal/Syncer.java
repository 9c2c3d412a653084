package io.reactorraft.wal;

import java.io.IOException;
import java.nio.channels.FileChannel;

/** How a file is made durable: a seam, so that tests can count syncs and let them fail. */
@FunctionalInterface
interface Syncer {

    /** The kernel's own way; an error means that what reached the disk is unknown. */
    Syncer DISK = channel -> channel.force(false);

    void sync(FileChannel channel) throws IOException;
}
