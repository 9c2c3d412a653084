package io.reactorraft.wal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Syncs that a test counts, holds and breaks. */
final class GatedSyncer implements Syncer {
    private final AtomicInteger syncs = new AtomicInteger();
    private final Semaphore waiting = new Semaphore(0);
    private final Semaphore gate = new Semaphore(0);
    private volatile boolean held;
    private volatile @Nullable IOException failure;

    @Override
    public void sync(FileChannel channel) throws IOException {
        syncs.incrementAndGet();
        if (held) {
            waiting.release();
            if (!acquire(gate)) {
                throw new IOException("the test never opened the gate");
            }
        }
        IOException broken = failure;
        if (broken != null) {
            throw broken;
        }
        Syncer.DISK.sync(channel);
    }

    int syncs() {
        return syncs.get();
    }

    void hold() {
        held = true;
    }

    /** Waits until a sync stands before the gate. */
    void awaitSync() {
        if (!acquire(waiting)) {
            throw new AssertionError("no sync came");
        }
    }

    void release() {
        held = false;
        gate.release();
    }

    void fail(@Nullable IOException with) {
        failure = with;
    }

    private static boolean acquire(Semaphore semaphore) {
        try {
            return semaphore.tryAcquire(Logs.SOON.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
