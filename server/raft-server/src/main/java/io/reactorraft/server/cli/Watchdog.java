package io.reactorraft.server.cli;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Timer;
import java.util.TimerTask;
import java.util.concurrent.Callable;

/**
 * A stream from a server that may stall: once no byte has come for some time it is closed, and whoever reads fails. {@link
 * #close} ends it, and its thread.
 */
final class Watchdog extends FilterInputStream {

    /** Looks a timeout. */
    private static final int LOOKS = 4;

    private final Duration patience;
    private final Timer looks = new Timer("raft-stalled-stream", true);
    private volatile long heardNanos = System.nanoTime();
    private volatile boolean stalled;

    Watchdog(InputStream in, Duration patience) {
        super(in);
        this.patience = patience;
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

    private void look() {
        if (System.nanoTime() - heardNanos > patience.toNanos()) {
            stalled = true;
            try {
                in.close();
            } catch (IOException closed) {
                heardNanos = System.nanoTime(); // it is tried again
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
        int one = super.read();
        heardNanos = System.nanoTime();
        return one;
    }

    @Override
    public int read(byte[] bytes, int from, int length) throws IOException {
        int count = super.read(bytes, from, length);
        heardNanos = System.nanoTime();
        return count;
    }

    @Override
    public void close() throws IOException {
        looks.cancel();
        super.close();
    }
}
