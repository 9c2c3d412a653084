package io.reactorraft.wal;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.GroupStart;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.SegmentStart;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.LogStore;
import io.reactorraft.spi.StartRefusedException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a log holds, as it lies there: read while no node uses it, without changing anything, and without the flags that
 * writing needs.
 *
 * <p>Its verdict is that of a start: it is damaged where, and only where, a node would refuse to start with it.
 *
 * @param owner whose it is; null where no segment can tell
 * @param segments each by itself, oldest first
 * @param groups as they stand at the end of the log, or where the damage begins
 * @param tornTail where a write was cut off that was never acknowledged, by file and offset; the next start cuts it off.
 *     Null: nowhere
 * @param damage why a node would refuse to start, in one line, by file and offset where there is one; null: it would start
 */
public record LogInspection(
        LogStore.@Nullable Owner owner,
        List<SegmentReport> segments,
        List<GroupReport> groups,
        @Nullable String tornTail,
        @Nullable String damage) {

    /**
     * One file.
     *
     * @param usedBytes up to where records of it can be read
     * @param firstRecord the number of the first one; 0 where there is none
     * @param lastRecord the number of the last one; 0 where there is none
     * @param records how many of each type
     * @param end what ends the records; for people
     */
    public record SegmentReport(
            Path file, long usedBytes, long firstRecord, long lastRecord, Map<String, Long> records, String end) {}

    /**
     * One group.
     *
     * @param firstIndex of the entries that the log holds; {@code lastIndex + 1} where it holds none
     * @param snapshot the newest mark; its index is 0 where there is none
     */
    public record GroupReport(
            String id,
            long firstIndex,
            long lastIndex,
            long lastTerm,
            HardState hardState,
            SnapshotMetadata snapshot) {}

    /**
     * Reads the log in a data directory. Blocks, for as long as reading all of it takes.
     *
     * @throws StartRefusedException where a live process uses it
     * @throws IOException where there is no log, or it cannot be read
     */
    public static LogInspection of(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            throw new IOException(directory + " is no directory: give the data directory of a node");
        }
        DirectoryLock.checkFree(directory);
        LogDirectory log = new LogDirectory(directory);
        List<Segment> files = log.segments();
        if (files.isEmpty() && !Files.exists(directory.resolve(WalMark.FILE))) {
            throw new IOException(directory + " holds no log: give the data directory of a node");
        }
        List<SegmentReport> segments = new ArrayList<>();
        LogStore.Owner owner = null;
        for (Segment file : files) {
            try (FileChannel channel = FileChannel.open(file.path(), StandardOpenOption.READ)) {
                RecordReader reader = new RecordReader();
                reader.start(channel);
                SegmentHead head = SegmentHead.read(file, reader);
                owner = owner == null && head != null ? owner(head.start()) : owner;
                reader.start(channel);
                segments.add(report(file, reader));
            }
        }
        Groups groups = new Groups(0);
        try {
            Recovery.Result found = new Recovery(log, null, groups, null).run();
            return new LogInspection(owner, segments, reports(groups), found.tear(), null);
        } catch (StartRefusedException refused) {
            return new LogInspection(owner, segments, reports(groups), null, refused.getMessage());
        }
    }

    private static SegmentReport report(Segment file, RecordReader reader) throws IOException {
        Map<String, Long> records = new TreeMap<>();
        long first = 0;
        long last = 0;
        long end = 0;
        while (reader.next()) {
            if (last != 0 && reader.number() != last + 1) {
                reader.refuse("record " + reader.number() + " stands where " + (last + 1) + " belongs");
                break;
            }
            first = first == 0 ? reader.number() : first;
            last = reader.number();
            end = reader.end();
            records.merge(reader.type().name().toLowerCase(Locale.ROOT), 1L, Long::sum);
        }
        return new SegmentReport(file.path(), end, first, last, records, reader.stop() + " at " + reader.offset());
    }

    private static List<GroupReport> reports(Groups groups) {
        return groups.numbered().stream()
                .map(group -> {
                    GroupStart now = group.start();
                    return new GroupReport(
                            now.getGroupId(),
                            group.view().firstIndex(),
                            now.getLastIndex(),
                            now.getLastTerm(),
                            now.getHardState(),
                            now.getSnapshotMark());
                })
                .toList();
    }

    private static LogStore.Owner owner(SegmentStart start) {
        ByteString dataId = start.getDataId();
        return new LogStore.Owner(start.getClusterId(), start.getNodeId(), dataId);
    }
}
