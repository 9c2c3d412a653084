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
 */
record Segment(int cycle, Path path, Map<Integer, Long> lastIndexes) {

    Segment(int cycle, Path path) {
        this(cycle, path, Map.of());
    }

    /** The same file, with what its head says. */
    Segment with(Collection<GroupStart> groups) {
        return new Segment(
                cycle,
                path,
                groups.stream().collect(Collectors.toMap(GroupStart::getNumber, GroupStart::getLastIndex)));
    }

    /** The last index of the group before this segment; 0 for a group that was not there. */
    long lastBefore(int group) {
        return lastIndexes.getOrDefault(group, 0L);
    }
}
