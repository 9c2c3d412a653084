package io.reactorraft.benchmarks;

import java.io.PrintStream;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * Measures clusters, failovers and single steps; {@code --help} tells how. Exits with 0 where there is a result, 1 where
 * there is none, 2 where it was asked wrongly. No number makes it fail.
 */
@Command(
        name = "benchmarks",
        mixinStandardHelpOptions = true,
        versionProvider = BenchmarksMain.Version.class,
        description = {"Measures Reactor Raft, and other systems by the same method.", ""})
public final class BenchmarksMain {

    private BenchmarksMain() {}

    public static void main(String[] args) {
        System.exit(commandLine(System.out, System.err).execute(args));
    }

    /** The whole command line, results and progress going where the caller wants them. */
    static CommandLine commandLine(PrintStream out, PrintStream progress) {
        CommandLine line = new CommandLine(new BenchmarksMain());
        line.addSubcommand(new ClusterCommand(out, progress));
        line.addSubcommand(new FailoverCommand(out));
        line.addSubcommand(new DistanceCommand(out));
        line.addSubcommand(new JmhCommand());
        line.addSubcommand(new LogCommand(out));
        line.addSubcommand(new SoakCommand(out));
        line.addSubcommand(new IdleCommand(out));
        line.addSubcommand(new HeapCommand(out, progress));
        line.addSubcommand(new SubscribersCommand(out));
        line.addSubcommand(new WatchersCommand(out));
        line.addSubcommand(new CatchUpCommand(out));
        line.addSubcommand(new RollingCommand(out));
        line.addSubcommand(new BrowserCommand(out));
        line.addSubcommand(new BigStateCommand(out));
        line.addSubcommand(new NodeCommand());
        line.addSubcommand(new BigNodeCommand());
        line.setExecutionExceptionHandler((failure, command, parsed) -> {
            if (failure instanceof BenchmarkException) {
                progress.println("benchmarks: " + failure.getMessage());
                return 1;
            }
            throw failure;
        });
        return line;
    }

    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = BenchmarksMain.class.getPackage().getImplementationVersion();
            return new String[] {"benchmarks " + (version == null ? "(unpackaged)" : version)};
        }
    }
}
