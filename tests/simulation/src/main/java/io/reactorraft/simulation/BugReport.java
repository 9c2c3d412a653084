package io.reactorraft.simulation;

import io.reactorraft.simulation.BugResult.Finding;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a campaign of seeded bugs came to, as Markdown. */
final class BugReport {

    private static final int LONGEST_MESSAGE = 240;

    private final List<SeededBug> bugs;
    private final Map<String, BugResult> results;
    private final @Nullable BugResult control;

    /** {@code control}: of the source as it is; null: it did not run, and the report proves nothing. */
    BugReport(List<SeededBug> bugs, Map<String, BugResult> results, @Nullable BugResult control) {
        this.bugs = List.copyOf(bugs);
        this.results = Map.copyOf(results);
        this.control = control;
    }

    /** One line each for the bars and for the source as it is. */
    List<String> summary() {
        List<String> lines = new ArrayList<>();
        lines.add(controlLine());
        lines.add(counted("listed", bugs.stream().filter(SeededBug::isListed).toList()));
        List<SeededBug> own = bugs.stream().filter(bug -> !bug.isListed()).toList();
        if (!own.isEmpty()) {
            lines.add(counted("of our own", own));
        }
        return lines;
    }

    private String counted(String which, List<SeededBug> some) {
        return some.size() + " bugs " + which + ": "
                + some.stream().filter(this::isNoticed).count()
                + " noticed, "
                + some.stream().filter(this::isNoticedBySimulation).count() + " by the simulation alone, "
                + countOf(some, BugResult.SCRIPTS) + " by the scripts, " + countOf(some, BugResult.UNIT_TESTS)
                + " by the core's own tests";
    }

    private long countOf(List<SeededBug> some, String suite) {
        return some.stream()
                .filter(bug -> results.containsKey(bug.id()) && result(bug).isNoticedBy(suite))
                .count();
    }

    private String controlLine() {
        if (control == null) {
            return "the source as it is was not run: what is noticed below proves nothing";
        }
        if (control.isNoticed()) {
            return "THE SOURCE AS IT IS IS NOTICED, TOO: what is noticed below proves nothing";
        }
        return "the source as it is: nothing noticed in "
                + String.join(
                        ", ",
                        control.findings().stream()
                                .map(finding -> finding.tried()
                                        + (finding.isOfSimulation() ? " seeds " : " ")
                                        + finding.suite())
                                .toList());
    }

    boolean isNoticed(SeededBug bug) {
        return results.containsKey(bug.id()) && result(bug).isNoticed();
    }

    boolean isNoticedBySimulation(SeededBug bug) {
        return results.containsKey(bug.id()) && result(bug).firstOfSimulation() != null;
    }

    boolean isControlClean() {
        return control != null && !control.isNoticed();
    }

    private BugResult result(SeededBug bug) {
        return results.getOrDefault(bug.id(), new BugResult(bug.id(), "", List.of()));
    }

    /** The whole report. {@code commit}: of the core. */
    String markdown(String commit) {
        StringBuilder text = new StringBuilder();
        text.append("# Seeded bugs\n\nWritten by `simulation.jar bugs`; see README.md beside it. Core: ")
                .append(commit)
                .append(".\n\n");
        summary().forEach(line -> text.append("- ").append(line).append('\n'));
        text.append(
                        "\nThe number of a suite is how many seeds, scripts or classes of tests ran until one noticed the bug;")
                .append(" in brackets how many did not.\n");
        TreeSet<String> unseen = new TreeSet<>();
        bugs.stream().filter(bug -> !isNoticed(bug)).forEach(bug -> unseen.add(bug.id()));
        if (!unseen.isEmpty()) {
            text.append("\n**Not noticed by anything**: ")
                    .append(String.join(", ", unseen))
                    .append(".\n");
        }
        table(text);
        text.append("\n## What the simulation said first\n\n");
        for (SeededBug bug : bugs) {
            Finding first = result(bug).firstOfSimulation();
            text.append("- **").append(bug.id()).append("** ");
            text.append(first == null ? "nothing" : first.suite() + ", seed " + first.tried() + ": " + quoted(first))
                    .append('\n');
        }
        text.append("\n## What else noticed the others\n\n");
        bugs.stream().filter(bug -> !isNoticedBySimulation(bug)).forEach(bug -> {
            text.append("- **").append(bug.id()).append("** ");
            text.append(result(bug).findings().stream()
                            .filter(finding -> finding.noticed() != null)
                            .findFirst()
                            .map(finding -> finding.suite() + ": " + quoted(finding))
                            .orElse("nothing"))
                    .append('\n');
        });
        return text.toString();
    }

    private void table(StringBuilder text) {
        List<String> suites = Stream.concat(
                        Stream.of(BugResult.UNIT_TESTS, BugResult.SCRIPTS),
                        Trials.all().stream().map(Trials::toString))
                .toList();
        text.append("\n| | the bug | ").append(String.join(" | ", suites)).append(" |\n|---|---|");
        suites.forEach(suite -> text.append("---|"));
        text.append('\n');
        for (SeededBug bug : bugs) {
            text.append("| ").append(bug.id()).append(" | ").append(bug.what()).append(" |");
            suites.forEach(suite -> text.append(' ').append(cell(bug, suite)).append(" |"));
            text.append('\n');
        }
    }

    private String cell(SeededBug bug, String suite) {
        return result(bug).findings().stream()
                .filter(finding -> finding.suite().equals(suite))
                .findFirst()
                .map(finding -> finding.noticed() == null ? "(" + finding.tried() + ")" : "**" + finding.tried() + "**")
                .orElse("");
    }

    private static String quoted(Finding finding) {
        String message = BugResult.oneLine(finding.noticed() == null ? "" : finding.noticed());
        String cut = message.length() <= LONGEST_MESSAGE ? message : message.substring(0, LONGEST_MESSAGE) + "…";
        return "`" + cut.replace('`', '\'') + "`";
    }
}
