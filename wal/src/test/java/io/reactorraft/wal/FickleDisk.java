package io.reactorraft.wal;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** A disk that is full when a test wants it. */
final class FickleDisk implements Preallocation {
    private final Semaphore refused = new Semaphore(0);
    private final Semaphore made = new Semaphore(0);
    private volatile boolean full;

    void fill() {
        full = true;
    }

    void makeRoom() {
        full = false;
    }

    @Override
    public void prepare(Path file, int bytes) throws IOException {
        if (full) {
            refused.release();
            throw new IOException("No space left on device");
        }
        Preallocation.DISK.prepare(file, bytes);
        made.release();
    }

    /** Waits until it refused another file. */
    void awaitRefusal() throws InterruptedException {
        if (!refused.tryAcquire(Logs.SOON.toSeconds(), TimeUnit.SECONDS)) {
            throw new AssertionError("nobody asked for room");
        }
    }

    /** Waits until another file was made. */
    void awaitFile() throws InterruptedException {
        if (!made.tryAcquire(Logs.SOON.toSeconds(), TimeUnit.SECONDS)) {
            throw new AssertionError("nobody asked for room again");
        }
    }

    void forgetFiles() {
        made.drainPermits();
    }
}
