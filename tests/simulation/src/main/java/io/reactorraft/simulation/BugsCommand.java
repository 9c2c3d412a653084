package io.reactorraft.simulation;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code bugs}: breaks the core in every way there is a patch for, one at a time, and says which suite noticed. */
@Command(
        name = "bugs",
        description = {
            "Applies seeded bugs to the core, one at a time, and runs the suites against each.",
            "Ends with 0 where every bug is noticed and the source as it is is not."
        },
        mixinStandardHelpOptions = true)
final class BugsCommand implements Callable<Integer> {

    private static final int MOST_JOBS = 64;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "ID", description = "these bugs; unless given, all")
    private List<String> ids = List.of();

    @Option(names = "--patches", paramLabel = "DIR", description = "unless given, ${DEFAULT-VALUE}")
    private Path patches = Path.of("tests/simulation/seeded-bugs");

    @Option(names = "--sources", paramLabel = "DIR", description = "unless given, ${DEFAULT-VALUE}")
    private Path sources = Path.of("reactor-raft/src/main/java");

    @Option(
            names = "--unit-tests",
            paramLabel = "DIR",
            description = "the core's compiled tests, left out where there are none; unless given, ${DEFAULT-VALUE}")
    private Path unitTests = Path.of("reactor-raft/target/test-classes");

    @Option(
            names = "--scripts",
            paramLabel = "PATH",
            description = "conformance scripts, left out where there are none; unless given, ${DEFAULT-VALUE}")
    private Path scripts = Path.of("../shared/conformance/etcd-raft");

    @Option(
            names = "--seeds",
            paramLabel = "N",
            description = "at most, for each layer and mode, until one of them notices; unless given, ${DEFAULT-VALUE}")
    private long most = 2_000;

    @Option(
            names = "--least-seeds",
            paramLabel = "N",
            description =
                    "at least, for each layer and mode that has noticed nothing yet; unless given, ${DEFAULT-VALUE}")
    private long least = 20;

    @Option(names = "--no-control", description = "does not run the source as it is")
    private boolean withoutControl;

    @Option(names = "--jobs", description = "bugs at a time; unless given, ${DEFAULT-VALUE}")
    private int jobs = 1;

    @Option(names = "--report", paramLabel = "FILE", description = "where to write it; results are kept beside it")
    private @Nullable Path report;

    @Option(names = "--resume", description = "takes over the results kept beside the report, where nothing changed")
    private boolean resume;

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        if (jobs < 1 || jobs > MOST_JOBS) {
            throw new ParameterException(spec.commandLine(), "--jobs is 1 to " + MOST_JOBS + ", got " + jobs);
        }
        if (most < 1 || least < 0) {
            throw new ParameterException(spec.commandLine(), "--seeds is at least 1, --least-seeds at least 0");
        }
        try {
            List<SeededBug> bugs = chosen(SeededBug.readAll(patches));
            BugCampaign campaign = new BugCampaign(
                    CoreSources.read(sources),
                    new BugTrial(materials(out), new BugTrial.Seeds(most, least)),
                    kept(),
                    result -> tell(out, result));
            if (resume) {
                campaign.resume(bugs);
            }
            campaign.run(bugs, !withoutControl, jobs);
            return conclude(campaign, bugs, out);
        } catch (IOException | BugException unusable) {
            spec.commandLine().getErr().println("bugs: " + unusable.getMessage());
            return ExitCode.USAGE;
        }
    }

    private List<SeededBug> chosen(List<SeededBug> all) {
        if (ids.isEmpty()) {
            return all;
        }
        List<String> known = all.stream().map(SeededBug::id).toList();
        ids.stream().filter(id -> !known.contains(id)).findFirst().ifPresent(id -> {
            throw new ParameterException(spec.commandLine(), "no bug " + id + " in " + patches + ", only " + known);
        });
        return all.stream().filter(bug -> ids.contains(bug.id())).toList();
    }

    private BugTrial.Materials materials(PrintWriter out) throws IOException {
        List<ScriptFile> found = new ArrayList<>();
        if (Files.exists(scripts)) {
            ScriptFiles.forEach(scripts.toString(), found::add);
        } else {
            out.println("without scripts: there is no " + scripts);
        }
        boolean tested = Files.isDirectory(unitTests);
        if (!tested) {
            out.println("without the core's own tests: there is no " + unitTests);
        }
        return new BugTrial.Materials(
                tested ? unitTests : null, tested ? UnitTests.in(unitTests) : null, List.copyOf(found));
    }

    private @Nullable Path kept() throws IOException {
        if (report == null) {
            return null;
        }
        Path file = report.resolveSibling(report.getFileName().toString().replaceFirst("\\.md$", "") + ".tsv");
        if (!resume) {
            Files.deleteIfExists(file);
        }
        return file;
    }

    private static void tell(PrintWriter out, BugResult result) {
        BugResult.Finding first = result.firstOfSimulation();
        List<String> others = result.findings().stream()
                .filter(finding -> !finding.isOfSimulation() && finding.noticed() != null)
                .map(BugResult.Finding::suite)
                .toList();
        out.printf(
                Locale.ROOT,
                "%s: simulation %s; %s%n",
                result.id(),
                first == null ? "nothing" : first.suite() + " seed " + first.tried() + ": " + first.noticed(),
                others.isEmpty() ? "no other" : String.join(", ", others));
    }

    private int conclude(BugCampaign campaign, List<SeededBug> bugs, PrintWriter out) throws IOException {
        BugReport written = campaign.report(bugs);
        if (report != null) {
            Files.writeString(report, written.markdown(Ledger.commitOfCore()));
        }
        campaign.failures().forEach(out::println);
        bugs.stream()
                .filter(bug -> !written.isNoticed(bug))
                .forEach(bug -> out.println(bug.id() + " is not noticed: " + bug.what()));
        written.summary().forEach(out::println);
        boolean proven = withoutControl || written.isControlClean();
        return proven && campaign.failures().isEmpty() && bugs.stream().allMatch(written::isNoticed)
                ? ExitCode.OK
                : ExitCode.SOFTWARE;
    }
}
