package io.reactorraft.torture;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** The disk of one node: it can be slow, full, or lose what was not synced. Used on one thread. */
final class NodeDisk implements AutoCloseable {
    /** Sparse. The log keeps thousands of entries, and those that fill it are large. */
    private static final int MEBIBYTES = 3 << 10;

    private static final int BYTES_AN_INODE = 256 << 10;

    private final Path image;
    private final Path mountPoint;
    private final FailingDisk syncs;
    private LoopImage mounted;

    private NodeDisk(Path image, Path mountPoint, FailingDisk syncs, LoopImage mounted) {
        this.image = image;
        this.mountPoint = mountPoint;
        this.syncs = syncs;
        this.mounted = mounted;
    }

    static NodeDisk make(Path directory, String id) throws IOException, InterruptedException {
        Path image = directory.resolve(id + ".img");
        Path mountPoint = directory.resolve(id);
        LoopImage mounted = LoopImage.make(image, mountPoint, MEBIBYTES, BYTES_AN_INODE);
        return new NodeDisk(image, mountPoint, FailingDisk.make(directory.resolve(id + "-syncs")), mounted);
    }

    Path data() {
        return mountPoint.resolve("data");
    }

    /** What the node's process needs to have this disk. */
    Map<String, String> environment() {
        return syncs.environment(data().toString());
    }

    /** Each sync takes more than a second from now on. */
    void slow() throws IOException {
        syncs.begin("sync-slow");
    }

    void fast() throws IOException {
        syncs.end("sync-slow");
    }

    /** Nothing can be written from now on, until {@link #thaw}; everything written before is made durable by it. */
    void freeze() throws IOException, InterruptedException {
        Sandbox.run("fsfreeze", "-f", mountPoint.toString());
    }

    void thaw() throws IOException, InterruptedException {
        Sandbox.run("fsfreeze", "-u", mountPoint.toString());
    }

    /** No byte is left on it. */
    void fill() throws IOException, InterruptedException {
        long room = Files.getFileStore(mountPoint).getUsableSpace();
        if (room > 0) {
            Sandbox.run("fallocate", "-l", Long.toString(room), ballast().toString());
        }
    }

    /** There is room again. Idempotent. */
    void clear() throws IOException {
        Files.deleteIfExists(ballast());
    }

    /** Empty, and durably so; no process uses it now. */
    void wipe() throws IOException, InterruptedException {
        Directories.delete(data());
        Sandbox.run("sync", "-f", mountPoint.toString());
    }

    private Path ballast() {
        return mountPoint.resolve("ballast");
    }

    /** Loses what was not synced; no process uses it now. */
    void losePower() throws IOException, InterruptedException {
        Libc.cutOff(mountPoint);
        mounted.close();
        mounted = LoopImage.mount(image, mountPoint);
        clear(); // that it was deleted may be lost as well
    }

    @Override
    public void close() throws IOException {
        mounted.close();
        Files.deleteIfExists(image);
    }
}
