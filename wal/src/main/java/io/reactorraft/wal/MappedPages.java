package io.reactorraft.wal;

import net.openhft.posix.PosixAPI;

/**
 * Advice to the kernel about the pages that the log is written through. It changes speed, never what is written, so a
 * kernel that does not know a piece of advice is not an error.
 */
final class MappedPages {

    /** Small folios: a store then dirties a page of 4 KiB, not the megabytes around it. */
    private static final int MADV_RANDOM = 1;

    /** Pages are faulted in by one call, outside of the VM's own code, where a fault would hold up every safepoint. */
    private static final int MADV_POPULATE_WRITE = 23;

    private static final long PAGE = 4096;

    /** A commit that touches fewer pages gains nothing. */
    private static final int FEWEST_PAGES = 2;

    private boolean canPopulate = true;
    private long base;

    /** A segment was mapped at {@code address}. */
    void opened(long address, long length) {
        base = address;
        PosixAPI.posix().madvise(address & -PAGE, length, MADV_RANDOM);
    }

    /** These bytes of the segment are about to be written. */
    void populate(long offset, int length) {
        long from = base + offset & -PAGE;
        long to = base + offset + length + PAGE - 1 & -PAGE;
        if (canPopulate && to - from >= FEWEST_PAGES * PAGE) {
            canPopulate = PosixAPI.posix().madvise(from, to - from, MADV_POPULATE_WRITE) == 0;
        }
    }
}
