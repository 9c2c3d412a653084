package io.reactorraft.server.cli;

import java.util.ArrayList;
import java.util.List;

/** Rows under headings, as wide as they need to be; numbers stand on the right. */
final class Table {

    private static final String GAP = "  ";

    private final List<String> headings;
    private final List<List<String>> rows = new ArrayList<>();

    Table(String... headings) {
        this.headings = List.of(headings);
    }

    Table row(String... cells) {
        rows.add(List.of(cells));
        return this;
    }

    /** The whole table, a line a row. */
    String text() {
        StringBuilder text = new StringBuilder();
        line(text, headings);
        rows.forEach(row -> line(text, row));
        return text.toString();
    }

    private void line(StringBuilder text, List<String> cells) {
        StringBuilder line = new StringBuilder();
        for (int column = 0; column < headings.size(); column++) {
            String cell = cells.get(column);
            String blanks = " ".repeat(width(column) - cell.length());
            line.append(isNumeric(column) ? blanks + cell : cell + blanks).append(GAP);
        }
        text.append(line.toString().stripTrailing()).append('\n');
    }

    private int width(int column) {
        int width = headings.get(column).length();
        for (List<String> row : rows) {
            width = Math.max(width, row.get(column).length());
        }
        return width;
    }

    private boolean isNumeric(int column) {
        return !rows.isEmpty() && rows.stream().allMatch(row -> row.get(column).matches("-|[0-9]+"));
    }

    /** A value as one short cell: text where it is text, else how long it is. */
    static String cell(byte[] value, int maxLength) {
        String text = new String(value, java.nio.charset.StandardCharsets.UTF_8);
        boolean printable =
                text.codePoints().noneMatch(c -> c == 0xFFFD || Character.isISOControl(c) || !Character.isDefined(c));
        if (!printable) {
            return "(" + value.length + " bytes)";
        }
        return text.length() <= maxLength
                ? text
                : text.substring(
                                0,
                                text.offsetByCodePoints(
                                        0, Math.min(maxLength - 3, text.codePointCount(0, text.length()))))
                        + "...";
    }
}
