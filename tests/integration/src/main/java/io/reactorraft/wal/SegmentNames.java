package io.reactorraft.wal;

/** How segments are called, for those who put one in another's place. */
public final class SegmentNames {
    private SegmentNames() {}

    /** The name of the segment that many behind another. */
    public static String after(String name, int by) {
        return SegmentName.of(SegmentName.cycle(name) + by);
    }
}
