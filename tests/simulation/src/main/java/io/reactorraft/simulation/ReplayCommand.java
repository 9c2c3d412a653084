package io.reactorraft.simulation;

import io.reactorraft.testkit.FaultMode;
import io.reactorraft.testkit.SimulationReport;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code replay}: one seed of {@code explore} again, told step by step. */
@Command(
        name = "replay",
        description = "Runs one seed again and tells what happens, a line a step.",
        mixinStandardHelpOptions = true)
final class ReplayCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--mode", required = true, description = "as of the exploration")
    private FaultMode mode = FaultMode.UNIFORM;

    @Option(names = "--seed", required = true)
    private long seed;

    @Option(names = "--nodes", description = "as of the exploration")
    private int nodes;

    @Option(names = "--layer", description = "as of the exploration: ${COMPLETION-CANDIDATES}")
    private @Nullable Layer layer;

    @Override
    public Integer call() {
        if (nodes != 0 && nodes != 3 && nodes != 5) {
            throw new ParameterException(spec.commandLine(), "--nodes is 3 or 5, got " + nodes);
        }
        PrintWriter out = spec.commandLine().getOut();
        int exit = ExitCode.OK;
        for (Layer each : layer == null ? List.of(Layer.values()) : List.of(layer)) {
            SimulationReport report = each.run(mode, Campaign.nodesOf(seed, nodes), seed, out::println);
            out.println("seed " + seed + " (" + ExploreCommand.name(mode) + ", " + each + "): "
                    + (report.violation() == null ? "nothing violated" : report.violation()));
            out.println("events " + report.events() + ", digest " + Long.toHexString(report.digest()));
            exit = report.violation() == null ? exit : ExitCode.SOFTWARE;
        }
        return exit;
    }
}
