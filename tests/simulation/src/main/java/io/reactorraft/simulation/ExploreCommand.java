package io.reactorraft.simulation;

import io.reactorraft.testkit.FaultMode;
import io.reactorraft.testkit.SimulationReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code explore}: runs whole clusters under faults, a seed each, and says whether anything was violated. */
@Command(
        name = "explore",
        description = "Runs simulated clusters under faults; the last line is seeds, events, violations.",
        mixinStandardHelpOptions = true)
final class ExploreCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--mode", required = true, description = "uniform: random faults; phased: a nemesis")
    private FaultMode mode = FaultMode.UNIFORM;

    @Option(names = "--seeds", required = true, paramLabel = "A..B", converter = SeedRange.Converter.class)
    private SeedRange seeds = new SeedRange(0, 0);

    @Option(names = "--nodes", description = "3 or 5; unless given, five in every third seed and three in the others")
    private int nodes;

    @Option(names = "--jobs", description = "seeds at a time; unless given, one a processor")
    private int jobs = Runtime.getRuntime().availableProcessors();

    @Option(names = "--layer", description = "what to run each seed on: ${COMPLETION-CANDIDATES}; unless given, on all")
    private @Nullable Layer layer;

    @Option(names = "--ledger", paramLabel = "FILE", description = "a line is added to it")
    private @Nullable Path ledger;

    @Override
    public Integer call() throws InterruptedException {
        if (nodes != 0 && nodes != 3 && nodes != 5) {
            throw new ParameterException(spec.commandLine(), "--nodes is 3 or 5, got " + nodes);
        }
        if (jobs < 1 || jobs > 256) {
            throw new ParameterException(spec.commandLine(), "--jobs is 1 to 256, got " + jobs);
        }
        PrintWriter out = spec.commandLine().getOut();
        List<Layer> layers = layer == null ? List.of(Layer.values()) : List.of(layer);
        Campaign campaign = new Campaign(mode, layers, nodes, (which, report) -> tell(out, which, report));
        long begun = System.nanoTime();
        campaign.run(seeds, jobs);
        Duration took = Duration.ofNanos(System.nanoTime() - begun);
        campaign.counted().forEach(out::println);
        campaign.faults().forEach(out::println);
        boolean written = write(campaign, layers, took);
        out.println(
                "seeds " + seeds.count() + ", events " + campaign.events() + ", violations " + campaign.violations());
        return campaign.holds() && written ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    private void tell(PrintWriter out, Layer which, SimulationReport report) {
        out.println("seed " + report.seed() + " (" + name(mode) + ", " + which + "): " + report.violation());
        out.println("  replay: " + SimulationMain.REPLAY + "replay --mode " + name(mode) + " --seed " + report.seed()
                + " --layer " + which + (nodes == 0 ? "" : " --nodes " + nodes));
    }

    private boolean write(Campaign campaign, List<Layer> layers, Duration took) {
        Path file = ledger;
        if (file == null) {
            return true;
        }
        try {
            new Ledger(file).append(campaign, name(mode), layers, seeds, took);
            return true;
        } catch (IOException unwritable) {
            spec.commandLine().getErr().println("explore: cannot write the ledger " + file + ": " + unwritable);
            return false;
        }
    }

    static String name(FaultMode mode) {
        return mode.name().toLowerCase(Locale.ROOT);
    }
}
