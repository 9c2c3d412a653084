package io.reactorraft.wal;

import io.reactorraft.spi.StartRefusedException;
import io.reactorraft.spi.StartRefusedException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * {@code wal.lock}: one store a directory.
 *
 * <p>The kernel's lock ends with its process, however that ends, and holds across containers that share the disk: what the
 * file says is for people alone. Within a process a set of names comes first, as POSIX
 * gives up all of a process's locks on a file when any of its descriptors is closed: a second store must not even open it.
 */
final class DirectoryLock implements AutoCloseable {
    static final String FILE = "wal.lock";
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path directory;
    private final FileChannel channel;
    private final FileLock lock;

    private DirectoryLock(Path directory, FileChannel channel, FileLock lock) {
        this.directory = directory;
        this.channel = channel;
        this.lock = lock;
    }

    /** Takes the directory, which exists, or refuses. */
    static DirectoryLock acquire(Path directory) throws IOException {
        Path real = directory.toRealPath();
        if (!HELD.add(real)) {
            throw new StartRefusedException(
                    Kind.LOCKED, directory + " is in use by another log in this process; give each node its own");
        }
        try {
            return lock(real);
        } catch (IOException | RuntimeException refused) {
            HELD.remove(real);
            throw refused;
        }
    }

    /** Refuses where somebody has the directory; takes and changes nothing. */
    static void checkFree(Path directory) throws IOException {
        Path real = directory.toRealPath();
        Path file = real.resolve(FILE);
        if (HELD.contains(real)) {
            throw new StartRefusedException(Kind.LOCKED, directory + " is in use by this process; stop it first");
        }
        if (Files.exists(file)) {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
                    FileLock shared = channel.tryLock(0, Long.MAX_VALUE, true)) {
                if (shared == null) {
                    throw inUse(directory, file);
                }
            }
        }
    }

    private static StartRefusedException inUse(Path directory, Path file) throws IOException {
        String owner = Files.readString(file).lines().findFirst().orElse("that is just starting");
        return new StartRefusedException(
                Kind.LOCKED, directory + " is in use by process " + owner + "; stop it, or use another directory");
    }

    private static DirectoryLock lock(Path directory) throws IOException {
        Path file = directory.resolve(FILE);
        FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        FileLock lock;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException elsewhere) {
            // Another class loader's log holds it. The channel stays open: closing it would give up that one's lock.
            throw new StartRefusedException(
                    Kind.LOCKED,
                    directory + " is in use by another log in this process; give each node its own",
                    elsewhere);
        }
        if (lock == null) {
            channel.close();
            throw inUse(directory, file);
        }
        return new DirectoryLock(directory, channel, lock);
    }

    /** Writes down, for people, who has the directory now: once it is opened, as a refusal changes nothing. */
    void sign() throws IOException {
        String owner = ProcessHandle.current().pid() + " on " + host() + "\n";
        channel.truncate(0).write(ByteBuffer.wrap(owner.getBytes(StandardCharsets.UTF_8)), 0);
    }

    /** A process id says little where containers share a directory. */
    private static String host() {
        try {
            return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
        } catch (IOException elsewhere) {
            return "this host";
        }
    }

    @Override
    public void close() throws IOException {
        try {
            lock.release();
            channel.close();
        } finally {
            HELD.remove(directory);
        }
    }
}
