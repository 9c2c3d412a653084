package io.reactorraft.simulation;

import java.util.List;
import java.util.Map;

/** Draws who has acknowledged what: a bar for each voter, as long as there are voters strictly behind it. */
final class QuorumChart {

    private QuorumChart() {}

    static String of(List<String> voters, Map<String, Long> known) {
        if (voters.isEmpty()) {
            return "<empty majority quorum>";
        }
        StringBuilder chart = new StringBuilder(" ".repeat(voters.size())).append("    idx\n");
        for (String id : voters) {
            chart.append(bar(id, voters, known))
                    .append(String.format(" %5d    (id=%s)\n", known.getOrDefault(id, 0L), id));
        }
        return chart.toString();
    }

    private static String bar(String id, List<String> voters, Map<String, Long> known) {
        int width = voters.size();
        if (!known.containsKey(id)) {
            return "?" + " ".repeat(width);
        }
        int length = barLength(id, voters, known);
        return "x".repeat(length) + ">" + " ".repeat(width - length);
    }

    private static int barLength(String id, List<String> voters, Map<String, Long> known) {
        long own = known.getOrDefault(id, 0L);
        return (int) voters.stream()
                .filter(other -> known.getOrDefault(other, 0L) < own)
                .count();
    }
}
