package io.reactorraft.wal;

import io.reactorraft.proto.GroupStart;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A file of the log.
 *
 * @param cycle its place in the order of all segments, also across gaps
 * @param path where it lies
 * @param lastIndexes by group number, the last index before this segment
 * @param bytes up to where it takes the disk; 0 while that is not known
 */
record Segment(int cycle, Path path, Map<Integer, Long> lastIndexes, long bytes) {

    Segment(int cycle, Path path) {
        this(cycle, path, Map.of(), 0);
    }

    /** The same file, which ends there. */
    Segment endingAt(long end) {
        return new Segment(cycle, path, lastIndexes, end);
    }

    /** The same file, with what its head says. */
    Segment with(Collection<GroupStart> groups) {
        return new Segment(
                cycle,
                path,
                groups.stream().collect(Collectors.toMap(GroupStart::getNumber, GroupStart::getLastIndex)),
                bytes);
    }

    /** The last index of the group before this segment; 0 for a group that was not there. */
    long lastBefore(int group) {
        return lastIndexes.getOrDefault(group, 0L);
    }
}
