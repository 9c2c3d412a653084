package io.reactorraft.simulation;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the suites made of one bug, or of the source as it is.
 *
 * @param id of the bug
 * @param digest of the sources with the bug in them
 * @param findings a line each suite, in the order in which they ran
 */
record BugResult(String id, String digest, List<Finding> findings) {

    /** The core's own tests. */
    static final String UNIT_TESTS = "unit tests";

    /** The conformance scripts. */
    static final String SCRIPTS = "scripts";

    /**
     * What one suite found.
     *
     * @param tried seeds, scripts or classes of tests that ran, the one that noticed included
     * @param noticed what was noticed; null: nothing
     */
    record Finding(String suite, long tried, @Nullable String noticed) {
        boolean isOfSimulation() {
            return !suite.equals(UNIT_TESTS) && !suite.equals(SCRIPTS);
        }
    }

    BugResult {
        findings = List.copyOf(findings);
    }

    boolean isNoticed() {
        return findings.stream().anyMatch(finding -> finding.noticed != null);
    }

    boolean isNoticedBy(String suite) {
        return findings.stream().anyMatch(finding -> finding.suite.equals(suite) && finding.noticed != null);
    }

    /** What the simulation noticed with the fewest seeds; null: nothing. */
    @Nullable
    Finding firstOfSimulation() {
        Finding first = null;
        for (Finding finding : findings) {
            if (finding.isOfSimulation() && finding.noticed != null && (first == null || finding.tried < first.tried)) {
                first = finding;
            }
        }
        return first;
    }

    /** As lines of a file: one a finding. */
    List<String> toLines() {
        return findings.stream()
                .map(finding -> String.join(
                        "\t",
                        id,
                        digest,
                        finding.suite,
                        Long.toString(finding.tried),
                        finding.noticed == null ? "-" : oneLine(finding.noticed)))
                .toList();
    }

    /** All that such lines hold. A later result of the same bug replaces an earlier one. */
    static List<BugResult> ofLines(List<String> lines) {
        List<BugResult> results = new ArrayList<>();
        for (String line : lines) {
            String[] fields = line.split("\t", 5);
            if (fields.length < 5) {
                continue;
            }
            Finding finding =
                    new Finding(fields[2], Long.parseLong(fields[3]), fields[4].equals("-") ? null : fields[4]);
            int last = results.size() - 1;
            if (last >= 0 && results.get(last).id.equals(fields[0])) {
                List<Finding> more = new ArrayList<>(results.get(last).findings);
                more.add(finding);
                results.set(last, new BugResult(fields[0], fields[1], more));
            } else {
                results.removeIf(result -> result.id.equals(fields[0]));
                results.add(new BugResult(fields[0], fields[1], List.of(finding)));
            }
        }
        return results;
    }

    static String oneLine(String text) {
        return text.replaceAll("\\s+", " ").strip();
    }
}
