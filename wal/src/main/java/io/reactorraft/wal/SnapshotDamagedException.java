package io.reactorraft.wal;

import java.io.IOException;
import java.nio.file.Path;

/** A snapshot is not what was written: the message names the file and the offset, in one line. */
final class SnapshotDamagedException extends IOException {
    private static final long serialVersionUID = 1;

    SnapshotDamagedException(Path file, long offset, String why) {
        super(file + ":" + offset + " is damaged: " + why);
    }
}
