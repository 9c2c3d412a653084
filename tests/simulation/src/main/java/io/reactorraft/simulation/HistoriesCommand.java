package io.reactorraft.simulation;

import io.reactorraft.testkit.KeyValueAnswer;
import io.reactorraft.testkit.KeyValueCall;
import io.reactorraft.testkit.Verdict;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code histories PATH…}: judges client histories and compares with the verdicts of others. */
@Command(
        name = "histories",
        description = "Judges the client histories that " + VerdictFile.NAME
                + " names; the last line is 'N passed, M failed'.",
        mixinStandardHelpOptions = true)
final class HistoriesCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(arity = "1..*", paramLabel = "PATH", description = "a history, or a folder of histories")
    private List<Path> paths = List.of();

    @Option(names = "--explain", description = "also show why histories are not linearizable")
    private boolean explain;

    private int passed;
    private int failed;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        for (Path path : paths) {
            try {
                for (Map.Entry<Path, Boolean> expected :
                        VerdictFile.expected(path).entrySet()) {
                    judge(expected.getKey(), expected.getValue(), out);
                }
            } catch (IOException e) {
                spec.commandLine().getErr().println("histories: cannot read " + path + ": " + e.getMessage());
                return ExitCode.USAGE;
            }
        }
        out.println(passed + " passed, " + failed + " failed");
        return failed == 0 ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    private void judge(Path file, boolean expected, PrintWriter out) {
        Optional<String> failure = failure(file, expected, out);
        if (failure.isEmpty()) {
            passed++;
            return;
        }
        failed++;
        out.println(file + ": " + failure.get());
        out.println("  replay: " + SimulationMain.REPLAY + "histories --explain '" + file + "'");
    }

    private Optional<String> failure(Path file, boolean expected, PrintWriter out) {
        try {
            Verdict<KeyValueCall, KeyValueAnswer> verdict = HistoryFile.parse(
                            file.toString(), ScriptFiles.read(file).text())
                    .check();
            boolean agrees = switch (verdict.outcome()) {
                case LINEARIZABLE -> expected;
                case NOT_LINEARIZABLE -> !expected;
                case UNDECIDED -> false;
            };
            if (explain && agrees) {
                out.println(file + ": " + verdict.explanation());
            }
            return agrees
                    ? Optional.empty()
                    : Optional.of("should be " + (expected ? "linearizable" : "not linearizable") + "; is "
                            + verdict.explanation());
        } catch (IOException e) {
            return Optional.of("cannot be read: " + e);
        } catch (ScriptFormatException e) {
            return Optional.of("" + e.getMessage());
        }
    }
}
