package io.reactorraft.torture;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * An ext4 file system in a file, mounted through a loop device: the file holds what reached the disk, and no more. Its journal
 * is committed by syncs alone ({@code commit=300}).
 */
final class LoopImage implements AutoCloseable {
    private static final int MEBIBYTES = 128;
    private static final int BYTES_AN_INODE = 16 << 10;
    private static final long COMMAND_SECONDS = 60;
    private static final int UNMOUNT_TRIES = 50;
    private static final Duration UNMOUNT_PAUSE = Duration.ofMillis(100);

    private final Path image;
    private final Path mountPoint;

    private LoopImage(Path image, Path mountPoint) {
        this.image = image;
        this.mountPoint = mountPoint;
    }

    /** Why none can be made here; empty: it can. */
    static String whyNot() throws InterruptedException {
        if (!"root".equals(System.getProperty("user.name"))) {
            return "losing power needs root, to mount an image";
        }
        if (!Files.exists(Path.of("/dev/loop-control"))) {
            return "losing power needs loop devices (/dev/loop-control)";
        }
        for (String tool : List.of("mkfs.ext4", "mount", "umount", "cp")) {
            try {
                run("sh", "-c", "command -v " + tool);
            } catch (IOException missing) {
                return "losing power needs " + tool + " on the PATH";
            }
        }
        return "";
    }

    /** Makes a file system of 128 MiB and mounts it. */
    static LoopImage make(Path image, Path mountPoint) throws IOException, InterruptedException {
        return make(image, mountPoint, MEBIBYTES, BYTES_AN_INODE);
    }

    /** Makes a file system of that size, for files of that size in the mean, and mounts it. */
    static LoopImage make(Path image, Path mountPoint, int mebibytes, int bytesAnInode)
            throws IOException, InterruptedException {
        Files.deleteIfExists(image);
        run("truncate", "-s", mebibytes + "M", image.toString());
        run(
                "mkfs.ext4",
                "-q",
                "-F",
                "-J",
                "size=16",
                "-i",
                Integer.toString(bytesAnInode),
                "-E",
                "lazy_itable_init=0,lazy_journal_init=0",
                image.toString());
        return mount(image, mountPoint);
    }

    /** Mounts an image, which replays its journal. */
    static LoopImage mount(Path image, Path mountPoint) throws IOException, InterruptedException {
        Files.createDirectories(mountPoint);
        run("mount", "-t", "ext4", "-o", "loop,commit=300", image.toString(), mountPoint.toString());
        return new LoopImage(image, mountPoint);
    }

    Path mountPoint() {
        return mountPoint;
    }

    /** A copy of what reached the disk by now. */
    void copyTo(Path copy) throws IOException, InterruptedException {
        run("cp", "--sparse=always", image.toString(), copy.toString());
    }

    /** Unmounts; the image stays. */
    @Override
    public void close() throws IOException {
        try {
            unmount();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException(mountPoint + " may still be mounted", interrupted);
        }
    }

    private void unmount() throws IOException, InterruptedException {
        for (int i = 1; ; i++) {
            try {
                run("umount", mountPoint.toString());
                return;
            } catch (IOException busy) {
                if (i == UNMOUNT_TRIES) {
                    throw busy;
                }
                System.gc(); // mapped files are given up with their buffers
                TimeUnit.MILLISECONDS.sleep(UNMOUNT_PAUSE.toMillis());
            }
        }
    }

    private static void run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        if (!process.waitFor(COMMAND_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException(String.join(" ", command) + " took more than " + COMMAND_SECONDS + " s");
        }
        if (process.exitValue() != 0) {
            throw new IOException(String.join(" ", command) + ": " + said.strip());
        }
    }
}
