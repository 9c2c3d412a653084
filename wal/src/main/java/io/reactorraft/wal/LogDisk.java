package io.reactorraft.wal;

/**
 * How the log reaches the disk: a seam for tests.
 *
 * @param syncer makes files durable
 * @param preallocation gives new ones their room
 */
record LogDisk(Syncer syncer, Preallocation preallocation) {

    /** As it is. */
    static final LogDisk REAL = new LogDisk(Syncer.DISK, Preallocation.DISK);
}
