package io.reactorraft.torture;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The entry of {@code torture.jar}: 0 only where all holds, 1 where something does not, 2 where it was misused. */
@Command(
        name = "torture.jar",
        description =
                "Tortures clusters, and the log and snapshot store, and holds what is left against what was said.",
        mixinStandardHelpOptions = true,
        versionProvider = TortureMain.Version.class,
        subcommands = {
            RunCommand.class,
            PowerLossCommand.class,
            KillCommand.class,
            CorruptCommand.class,
            DriveCommand.class
        })
public final class TortureMain implements Runnable {

    /** How a run of this program is told to be repeated. */
    static final String REPLAY = "java -jar tests/integration/target/torture.jar ";

    @Spec
    private CommandSpec spec = CommandSpec.create();

    private TortureMain() {}

    /** Runs one subcommand and exits. */
    public static void main(String[] arguments) {
        // No logger is bound here on purpose: what the stores log of every repair would drown the story.
        System.setProperty("slf4j.internal.verbosity", "ERROR");
        System.exit(execute(
                new PrintWriter(System.out, true, StandardCharsets.UTF_8),
                new PrintWriter(System.err, true, StandardCharsets.UTF_8),
                arguments));
    }

    static int execute(PrintWriter out, PrintWriter err, String... arguments) {
        return new CommandLine(new TortureMain()).setOut(out).setErr(err).execute(arguments);
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "name what to do: run, power-loss, kill or corrupt");
    }

    /** From the manifest; a build that was not packaged has none. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = TortureMain.class.getPackage().getImplementationVersion();
            return new String[] {"torture " + (version == null ? "(not packaged)" : version)};
        }
    }
}
