package io.reactorraft.torture;

import java.io.IOException;
import java.nio.file.Path;
import jnr.ffi.LibraryLoader;

/** The calls of the kernel that Java has no name for. */
final class Libc {
    private static final Calls CALLS = LibraryLoader.create(Calls.class).load("c");

    private static final int SIGCONT = 18;
    private static final int SIGSTOP = 19;

    /** Wait for what is being written, write, and wait for that. */
    private static final int WRITE_AND_WAIT = 7;

    private static final long EXT4_IOC_SHUTDOWN = 0x8004_587DL;
    private static final int WITHOUT_FLUSHING_THE_JOURNAL = 2;

    private Libc() {}

    /** Public, as the class that is made from it is elsewhere. */
    public interface Calls {
        int open(String path, int flags);

        int close(int file);

        int kill(int process, int signal);

        int sync_file_range(int file, long offset, long bytes, int flags);

        int ioctl(int file, long request, int[] argument);
    }

    static void stop(long process) throws IOException {
        check(CALLS.kill((int) process, SIGSTOP), "SIGSTOP");
    }

    static void resume(long process) throws IOException {
        check(CALLS.kill((int) process, SIGCONT), "SIGCONT");
    }

    /** An ext4 file system stops at once, as if its disk were gone; needs root. */
    static void cutOff(Path mountPoint) throws IOException {
        int file = open(mountPoint);
        try {
            check(CALLS.ioctl(file, EXT4_IOC_SHUTDOWN, new int[] {WITHOUT_FLUSHING_THE_JOURNAL}), "EXT4_IOC_SHUTDOWN");
        } finally {
            CALLS.close(file);
        }
    }

    static int open(Path file) throws IOException {
        return check(CALLS.open(file.toString(), 0), "open " + file);
    }

    static void close(int file) throws IOException {
        check(CALLS.close(file), "close");
    }

    /** Writes pages out, which makes them reach the disk and nothing else durable. */
    static void writeOut(int file, long offset, long bytes) throws IOException {
        check(CALLS.sync_file_range(file, offset, bytes, WRITE_AND_WAIT), "sync_file_range");
    }

    private static int check(int result, String call) throws IOException {
        if (result < 0) {
            throw new IOException(call + " failed");
        }
        return result;
    }
}
