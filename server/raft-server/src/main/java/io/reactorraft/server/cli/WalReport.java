package io.reactorraft.server.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.reactorraft.spi.LogStore;
import io.reactorraft.wal.LogInspection;
import io.reactorraft.wal.LogInspection.GroupReport;
import io.reactorraft.wal.LogInspection.SegmentReport;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** What was found in a log, for people and for programs. */
final class WalReport {

    private WalReport() {}

    /** All of it, for people. */
    static String table(LogInspection found) {
        StringBuilder text = new StringBuilder();
        LogStore.Owner owner = found.owner();
        if (owner != null) {
            text.append(format("node %s of cluster %s, data id %s\n", owner.nodeId(), owner.clusterId(), hex(owner)));
        }
        text.append(format("\n%-30s %12s %21s  %s\n", "SEGMENT", "BYTES", "RECORDS", "OF THEM"));
        for (SegmentReport segment : found.segments()) {
            text.append(format(
                    "%-30s %12d %21s  %s\n",
                    name(segment.file()), segment.usedBytes(), range(segment), counts(segment.records())));
            text.append(format("%-30s ends: %s\n", "", segment.end()));
        }
        text.append(format(
                "\n%-20s %21s %6s %8s  %-10s %12s %10s\n",
                "GROUP", "ENTRIES", "LAST", "TERM", "VOTE", "COMMIT", "SNAPSHOT"));
        for (GroupReport group : found.groups()) {
            text.append(format(
                    "%-20s %21s %6d %8d  %-10s %12d %10d\n",
                    group.id(),
                    group.firstIndex() > group.lastIndex() ? "none" : group.firstIndex() + ".." + group.lastIndex(),
                    group.lastTerm(),
                    group.hardState().getTerm(),
                    group.hardState().getVote(),
                    group.hardState().getCommit(),
                    group.snapshot().getIndex()));
        }
        return text.append(format("\n")).append(line(found)).toString();
    }

    /** The verdict, for people; what is damaged is said elsewhere. */
    static String line(LogInspection found) {
        if (found.damage() != null) {
            return "damaged: a node does not start with this log\n";
        }
        List<SegmentReport> segments = found.segments();
        long records = segments.stream()
                .flatMap(segment -> segment.records().values().stream())
                .mapToLong(Long::longValue)
                .sum();
        String torn = found.tornTail() == null
                ? ""
                : "torn tail, never acknowledged, cut off by the next start: " + found.tornTail() + "\n";
        return format("whole: %d segments, %d records\n", segments.size(), records) + torn;
    }

    /** The verdict, for programs. */
    static ObjectNode verdict(LogInspection found) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("whole", found.damage() == null)
                .put("damage", found.damage())
                .put("tornTail", found.tornTail());
    }

    /** All of it, for programs. */
    static ObjectNode json(LogInspection found) {
        ObjectNode all = verdict(found);
        LogStore.Owner owner = found.owner();
        if (owner != null) {
            all.put("nodeId", owner.nodeId())
                    .put("clusterId", owner.clusterId())
                    .put("dataId", hex(owner));
        }
        ArrayNode segments = all.putArray("segments");
        for (SegmentReport segment : found.segments()) {
            ObjectNode each = segments.addObject()
                    .put("file", segment.file().toString())
                    .put("usedBytes", segment.usedBytes())
                    .put("firstRecord", segment.firstRecord())
                    .put("lastRecord", segment.lastRecord())
                    .put("end", segment.end());
            ObjectNode records = each.putObject("records");
            segment.records().forEach(records::put);
        }
        ArrayNode groups = all.putArray("groups");
        for (GroupReport group : found.groups()) {
            ObjectNode each = groups.addObject()
                    .put("group", group.id())
                    .put("firstIndex", group.firstIndex())
                    .put("lastIndex", group.lastIndex())
                    .put("lastTerm", group.lastTerm());
            each.putObject("hardState")
                    .put("term", group.hardState().getTerm())
                    .put("vote", group.hardState().getVote())
                    .put("commit", group.hardState().getCommit());
            each.putObject("snapshot")
                    .put("index", group.snapshot().getIndex())
                    .put("term", group.snapshot().getTerm())
                    .put("id", group.snapshot().getSnapshotId());
        }
        return all;
    }

    private static String name(Path file) {
        Path queue = Objects.requireNonNull(file.getParent(), "a segment lies in the directory of its opening");
        return queue.getFileName() + "/" + file.getFileName();
    }

    private static String range(SegmentReport segment) {
        return segment.records().isEmpty() ? "none" : segment.firstRecord() + ".." + segment.lastRecord();
    }

    private static String counts(Map<String, Long> records) {
        return records.entrySet().stream()
                .map(each -> each.getValue() + " " + each.getKey())
                .collect(Collectors.joining(", "));
    }

    private static String hex(LogStore.Owner owner) {
        return HexFormat.of().formatHex(owner.dataId().toByteArray());
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
