package io.reactorraft.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Results for people: one row for each peer and level, and how the peers compare. */
final class ResultTable {

    /** More CPU than this used by processes that are not ours: the row is not to be trusted. */
    static final double FOREIGN_CORES_TO_MENTION = 0.1;

    private static final String NOT_MEASURED = "n/a";

    private static final List<Column> COLUMNS = List.of(
            new Column("peer", line -> line.text("peer")),
            new Column("in flight", line -> line.text("conc")),
            new Column("ops/s", line -> decimals(line.number("opsPerSec"), 0)),
            new Column("p50 ms", line -> decimals(line.number("p50") / 1e3, 2)),
            new Column("p99 ms", line -> decimals(line.number("p99") / 1e3, 2)),
            new Column("p99.9 ms", line -> decimals(line.number("p999") / 1e3, 2)),
            new Column("CPU s/1000", line -> decimals(line.number("cpuSecPerKop"), 4)),
            new Column("cores", line -> decimals(line.number("cores"), 2)),
            new Column("RSS MiB", line -> decimals(line.number("rssSumMb"), 0)),
            new Column("flushes/op", line -> decimals(line.number("devFlushPerOp"), 4)),
            new Column("errors", line -> line.text("errors")),
            new Column("foreign", line -> decimals(line.number("foreignCores"), 2)));

    private ResultTable() {}

    /** The table, with a head, right-aligned but for the first column. */
    static String of(List<ResultLine> lines) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(COLUMNS.stream().map(Column::title).toList());
        for (ResultLine line : lines) {
            rows.add(COLUMNS.stream().map(column -> column.cell.apply(line)).toList());
        }
        int[] widths = IntStream.range(0, COLUMNS.size())
                .map(column -> rows.stream()
                        .mapToInt(row -> row.get(column).length())
                        .max()
                        .orElse(0))
                .toArray();
        return rows.stream().map(row -> row(row, widths)).collect(Collectors.joining("\n"));
    }

    /** What a reader should know before believing the rows; empty where there is nothing. */
    static List<String> remarks(List<ResultLine> lines) {
        List<String> remarks = new ArrayList<>();
        List<ResultLine> measured =
                lines.stream().filter(line -> line.number("opsPerSec") > 0).toList();
        if (measured.size() < lines.size()) {
            remarks.add("where nothing completed, nothing is per operation");
        }
        if (measured.stream().anyMatch(line -> Double.isNaN(line.number("cpuSecPerKop")))) {
            remarks.add("CPU and memory: there is no /proc here");
        }
        if (measured.stream().anyMatch(line -> Double.isNaN(line.number("devFlushPerOp")))) {
            remarks.add("flushes: the kernel counts none for where the data lies ("
                    + measured.get(0).text("disk") + "); put --dir on a disk");
        }
        for (ResultLine line : lines) {
            if (line.number("foreignCores") > FOREIGN_CORES_TO_MENTION) {
                remarks.add(line.text("peer") + " at " + line.text("conc") + ": other processes used "
                        + decimals(line.number("foreignCores"), 2) + " cores; measure again on a quiet machine");
            }
            if (line.number("errors") > 0) {
                remarks.add(line.text("peer") + " at " + line.text("conc") + ": " + line.text("errors")
                        + " errors, the first: " + line.text("firstError"));
            }
        }
        return remarks;
    }

    /** How the first peer stands against each of the others, level by level. */
    static List<String> ratios(List<ResultLine> lines) {
        List<String> ratios = new ArrayList<>();
        if (lines.isEmpty()) {
            return ratios;
        }
        String first = lines.get(0).text("peer");
        for (ResultLine other : lines) {
            if (other.text("peer").equals(first)) {
                continue;
            }
            lines.stream()
                    .filter(line ->
                            line.text("peer").equals(first) && line.text("conc").equals(other.text("conc")))
                    .forEach(ours -> ratios.add(ratio(ours, other)));
        }
        return ratios;
    }

    private static String ratio(ResultLine ours, ResultLine other) {
        return ours.text("peer") + " : " + other.text("peer") + " at " + ours.text("conc") + " in flight: ops/s "
                + times(ours, other, "opsPerSec") + ", p99 " + times(ours, other, "p99") + ", CPU per operation "
                + times(ours, other, "cpuSecPerKop") + ", memory " + times(ours, other, "rssSumMb");
    }

    private static String times(ResultLine ours, ResultLine other, String key) {
        String factor = decimals(ours.number(key) / other.number(key), 2);
        return factor.equals(NOT_MEASURED) ? factor : factor + " x";
    }

    private static String row(List<String> cells, int[] widths) {
        StringBuilder row = new StringBuilder(padded(cells.get(0), -widths[0]));
        for (int column = 1; column < cells.size(); column++) {
            row.append("  ").append(padded(cells.get(column), widths[column]));
        }
        return row.toString();
    }

    /** Spaces before the text, or behind it where the width is negative. */
    private static String padded(String text, int width) {
        String spaces = " ".repeat(Math.abs(width) - text.length());
        return width < 0 ? text + spaces : spaces + text;
    }

    static String decimals(double number, int decimals) {
        return Double.isFinite(number) ? String.format(Locale.ROOT, "%." + decimals + "f", number) : NOT_MEASURED;
    }

    private record Column(String title, Function<ResultLine, String> cell) {}
}
