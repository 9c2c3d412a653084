package io.reactorraft.simulation;

import io.reactorraft.testkit.Happening;
import io.reactorraft.testkit.KeyValueAnswer;
import io.reactorraft.testkit.KeyValueCall;
import io.reactorraft.testkit.SimulatedConnections;
import io.reactorraft.testkit.SimulationReport;
import java.io.PrintWriter;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code connections}: resets, rejecting firewalls and proxies, and killed leaders; no term may change without need. */
@Command(
        name = "connections",
        description = "Breaks connections of simulated clusters; the last line is seeds, events, violations.",
        mixinStandardHelpOptions = true)
final class ConnectionsCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--seeds", required = true, paramLabel = "A..B", converter = SeedRange.Converter.class)
    private SeedRange seeds = new SeedRange(0, 0);

    @Option(names = "--tell", description = "tells every step")
    private boolean tell;

    private final Map<Happening, Long> counts = new EnumMap<>(Happening.class);
    private long events;
    private long violations;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        for (long seed = seeds.first(); seed <= seeds.last(); seed++) {
            add(run(seed, tell ? out::println : null), out);
        }
        counts.forEach((happening, count) -> out.println(Minima.name(happening) + ": " + count));
        out.println("seeds " + seeds.count() + ", events " + events + ", violations " + violations);
        return violations == 0 ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    static SimulationReport run(long seed, @Nullable Consumer<String> story) {
        return SimulatedConnections.<KeyValueCall, KeyValueAnswer>of(KeyValueMachine::new, KeyValueMachine::command)
                .nodes(Campaign.nodesOf(seed, 0))
                .tellingTo(story)
                .run(seed);
    }

    private void add(SimulationReport report, PrintWriter out) {
        events += report.events();
        report.counts().forEach((happening, count) -> counts.merge(happening, count, Long::sum));
        if (report.violation() != null) {
            violations++;
            out.println("seed " + report.seed() + ": " + report.violation());
            out.println("  replay: " + SimulationMain.REPLAY + "connections --tell --seeds " + report.seed());
        }
    }
}
