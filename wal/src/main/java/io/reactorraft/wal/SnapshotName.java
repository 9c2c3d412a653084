package io.reactorraft.wal;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How a snapshot's file is called: {@code INDEX-ID.snapshot}, the index in twenty digits so that names sort as snapshots do.
 * Groups share a directory; the head of the file says which one it is of.
 *
 * @param index of the last entry that the snapshot replaces
 * @param id 16 hexadecimal digits, chosen by chance
 */
record SnapshotName(long index, String id) {
    static final String SUFFIX = ".snapshot";

    /** A file that is being written. */
    static final String TEMPORARY_SUFFIX = ".temporary";

    private static final Pattern NAME = Pattern.compile("(\\d{20})-([0-9a-f]{16})\\.snapshot");

    String file() {
        return String.format(Locale.ROOT, "%020d-%s", index, id) + SUFFIX;
    }

    String temporary() {
        return file() + TEMPORARY_SUFFIX;
    }

    /** Null where the file is not called like a snapshot. */
    static @Nullable SnapshotName of(Path file) {
        Matcher name = NAME.matcher(Objects.toString(file.getFileName()));
        if (!name.matches()) {
            return null;
        }
        try {
            return new SnapshotName(Long.parseLong(name.group(1)), name.group(2));
        } catch (NumberFormatException beyondAll) {
            return null;
        }
    }
}
