package io.reactorraft.simulation;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The entry of {@code simulation.jar}: 0 only where all holds, 1 where something does not, 2 where it was misused. */
@Command(
        name = "simulation.jar",
        description = "Runs scripts, client histories and simulated clusters against Reactor Raft.",
        mixinStandardHelpOptions = true,
        versionProvider = SimulationMain.Version.class,
        subcommands = {
            ConformanceCommand.class,
            HistoriesCommand.class,
            ExploreCommand.class,
            ReplayCommand.class,
            ConnectionsCommand.class,
            BugsCommand.class
        })
public final class SimulationMain implements Runnable {

    /** How a run of this program is told to be repeated. */
    static final String REPLAY = "java -jar tests/simulation/target/simulation.jar ";

    @Spec
    private CommandSpec spec = CommandSpec.create();

    private SimulationMain() {}

    /** Runs one subcommand and exits. */
    public static void main(String[] arguments) {
        // No logger is bound here on purpose: the runtime's log would drown the story.
        System.setProperty("slf4j.internal.verbosity", "ERROR");
        System.exit(execute(
                new PrintWriter(System.out, true, StandardCharsets.UTF_8),
                new PrintWriter(System.err, true, StandardCharsets.UTF_8),
                arguments));
    }

    static int execute(PrintWriter out, PrintWriter err, String... arguments) {
        return new CommandLine(new SimulationMain())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setOut(out)
                .setErr(err)
                .execute(arguments);
    }

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "name what to do: conformance, histories, explore, replay, connections or bugs");
    }

    /** From the manifest; a build that was not packaged has none. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = SimulationMain.class.getPackage().getImplementationVersion();
            return new String[] {"simulation " + (version == null ? "(not packaged)" : version)};
        }
    }
}
