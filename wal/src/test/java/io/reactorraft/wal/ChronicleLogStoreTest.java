package io.reactorraft.wal;

import io.reactorraft.spi.DiskFullException;
import io.reactorraft.spi.LogStore;
import io.reactorraft.testkit.FullDiskContract;
import org.junit.jupiter.api.DisplayName;

@DisplayName("The log on Chronicle queues")
class ChronicleLogStoreTest extends FullDiskContract {
    private final FickleDisk disk = new FickleDisk();

    @Override
    protected LogStore store() {
        return new ChronicleLogStore(
                WalConfig.defaults().withSegmentBytes(256 << 10).withCacheBytes(20_000),
                new LogDisk(Syncer.DISK, disk));
    }

    @Override
    protected long fill(LogStore store) {
        disk.fill();
        return fill(store, fill(store, 0, 200), 1);
    }

    /** Appends batches until one is refused. */
    private static long fill(LogStore store, long from, int batch) {
        long last = from;
        while (true) {
            try {
                append(store, entries(last + 1, last + batch, 1));
            } catch (DiskFullException full) {
                return last;
            }
            last += batch;
        }
    }

    @Override
    protected void makeRoom(LogStore store) throws InterruptedException {
        disk.forgetFiles();
        disk.makeRoom();
        disk.awaitFile();
    }
}
