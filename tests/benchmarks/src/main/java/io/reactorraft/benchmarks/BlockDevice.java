package io.reactorraft.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The disk that holds a directory, and what the kernel counted of its work.
 *
 * <p>A partition stands for its whole disk: the kernel counts flushes there alone. File systems without a block device
 * of their own (tmpfs, overlay, network) have none.
 */
final class BlockDevice {
    private final Path diskstats;
    private final String number;
    private final String name;

    private BlockDevice(Path diskstats, String number, String name) {
        this.diskstats = diskstats;
        this.number = number;
        this.name = name;
    }

    /** The device of an existing directory, where it has one whose flushes the kernel counts. */
    static Optional<BlockDevice> of(Path directory) {
        try {
            if (!directory.getFileSystem().supportedFileAttributeViews().contains("unix")) {
                return Optional.empty();
            }
            long device = ((Number) Files.getAttribute(directory, "unix:dev")).longValue();
            return numbered(number(device), Path.of("/proc/diskstats"), Path.of("/sys/dev/block"));
        } catch (IOException failed) {
            throw new BenchmarkException("cannot tell on which disk " + directory + " lies", failed);
        }
    }

    /** The device of this {@code major:minor}. */
    static Optional<BlockDevice> numbered(String number, Path diskstats, Path sysDevBlock) throws IOException {
        if (!Files.isReadable(diskstats)) {
            return Optional.empty();
        }
        String whole = wholeDisk(number, sysDevBlock);
        for (String line : Files.readAllLines(diskstats)) {
            String[] fields = line.strip().split("\\s+", -1);
            if (whole.equals(fields[0] + ":" + fields[1])) {
                return fields.length > Work.FLUSHES_FIELD
                        ? Optional.of(new BlockDevice(diskstats, whole, fields[2]))
                        : Optional.empty(); // before Linux 5.5: flushes are not counted
            }
        }
        return Optional.empty();
    }

    /** {@code major:minor} of a device number as {@code stat} gives it. */
    static String number(long device) {
        long major = ((device >> 8) & 0xfff) | ((device >> 32) & 0xfffff000L);
        long minor = (device & 0xff) | ((device >> 12) & 0xffffff00L);
        return major + ":" + minor;
    }

    private static String wholeDisk(String number, Path sysDevBlock) throws IOException {
        Path node = sysDevBlock.resolve(number);
        if (!Files.exists(node.resolve("partition"))) {
            return number;
        }
        return Files.readString(node.toRealPath().resolveSibling("dev")).strip();
    }

    String name() {
        return name;
    }

    /** What this disk has done since boot. */
    Work work() {
        try {
            for (String line : Files.readAllLines(diskstats)) {
                String[] fields = line.strip().split("\\s+", -1);
                if (number.equals(fields[0] + ":" + fields[1])) {
                    return Work.of(fields);
                }
            }
        } catch (IOException failed) {
            throw new BenchmarkException("cannot read " + diskstats, failed);
        }
        throw new BenchmarkException("disk " + name + " has vanished from " + diskstats);
    }

    /**
     * Work of a disk since boot.
     *
     * @param flushes flush requests completed; concurrent ones merge
     */
    record Work(long writes, long sectorsWritten, long flushes) {
        private static final int WRITES_FIELD = 7;
        private static final int SECTORS_FIELD = 9;
        private static final int FLUSHES_FIELD = 18;

        private static Work of(String[] fields) {
            return new Work(
                    Long.parseLong(fields[WRITES_FIELD]),
                    Long.parseLong(fields[SECTORS_FIELD]),
                    Long.parseLong(fields[FLUSHES_FIELD]));
        }
    }
}
