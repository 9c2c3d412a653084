package io.reactorraft.server.cli;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Timer;
import java.util.TimerTask;
import java.util.concurrent.Callable;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A stream from a server that may stall: once whoever reads has waited for some time and no byte came it is closed, and the
 * read fails. What happens between two reads, on a slow disk for instance, is no fault of the server's. {@link #close} ends
 * it, and its thread.
 */
final class Watchdog extends FilterInputStream {

    /** Looks a timeout. */
    private static final int LOOKS = 4;

    private final Duration patience;
    private final Timer looks = new Timer("raft-stalled-stream", true);
    private final LongSupplier nanoTime;
    private volatile @Nullable Long waitingSinceNanos;
    private volatile boolean stalled;

    Watchdog(InputStream in, Duration patience) {
        this(in, patience, System::nanoTime);
    }

    Watchdog(InputStream in, Duration patience, LongSupplier nanoTime) {
        super(in);
        this.patience = patience;
        this.nanoTime = nanoTime;
        long pause = Math.max(1, patience.dividedBy(LOOKS).toMillis());
        looks.schedule(
                new TimerTask() {
                    @Override
                    public void run() {
                        look();
                    }
                },
                pause,
                pause);
    }

    /** Closes the stream where it has stalled; at every look. */
    void look() {
        Long since = waitingSinceNanos;
        if (since != null && nanoTime.getAsLong() - since > patience.toNanos()) {
            stalled = true;
            try {
                in.close();
            } catch (IOException unclosed) {
                return; // it is tried again at the next look
            }
        }
    }

    /** Does {@code work}, which reads this; where it failed because nothing came, says so. */
    <T> T orStalled(Callable<T> work) throws IOException {
        try {
            return work.call();
        } catch (IOException | RuntimeException failed) {
            if (stalled) {
                throw new RequestFailedException(
                        ExitCode.NOT_APPLIED,
                        "nothing came for " + patience.toMillis() + " ms: try again, or another member");
            }
            throw failed;
        } catch (Exception impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    @Override
    public int read() throws IOException {
        waitingSinceNanos = nanoTime.getAsLong();
        try {
            return super.read();
        } finally {
            waitingSinceNanos = null;
        }
    }

    @Override
    public int read(byte[] bytes, int from, int length) throws IOException {
        waitingSinceNanos = nanoTime.getAsLong();
        try {
            return super.read(bytes, from, length);
        } finally {
            waitingSinceNanos = null;
        }
    }

    @Override
    public void close() throws IOException {
        looks.cancel();
        super.close();
    }
}
