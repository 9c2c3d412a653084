package io.reactorraft.server.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Runs a command line and answers the exit code. Wrong usage costs one line on standard error, never a stack trace. */
public final class CommandLineInterface {

    private CommandLineInterface() {}

    /** Runs it to its end; waits as long as the command does. */
    public static int run(String[] arguments, Map<String, String> environment, PrintStream out, PrintStream err) {
        CommandLine serve = new CommandLine(new ServeCommand(environment, out, err));
        CommandLine root = new CommandLine(new RootCommand())
                .addSubcommand(serve)
                .addSubcommand(new CommandLine(new DemoCommand(out, err)))
                .addSubcommand(new CommandLine(new PutCommand(out, System.in)))
                .addSubcommand(new CommandLine(new GetCommand(out)))
                .addSubcommand(new CommandLine(new DeleteCommand(out)))
                .addSubcommand(new CommandLine(new RangeCommand(out)))
                .addSubcommand(new CommandLine(new WatchCommand(out)))
                .addSubcommand(new CommandLine(new StatusCommand(out, err)))
                .addSubcommand(new CommandLine(new LeadershipCommand(out)))
                .addSubcommand(new CommandLine(new SettingsCommand(out)))
                .addSubcommand(new CommandLine(new SnapshotCommand(out)))
                .addSubcommand(new CommandLine(new MembersCommand(out)))
                .addSubcommand(new CommandLine(new MemberCommand(out)))
                .addSubcommand(new CommandLine(new TransferCommand(out)))
                .addSubcommand(new CommandLine(new BackupCommand(out, err)))
                .addSubcommand(new CommandLine(new RestoreCommand(out)))
                .addSubcommand(wal(out, err))
                .setExpandAtFiles(false)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setOut(new PrintWriter(out, true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(err, true, StandardCharsets.UTF_8));
        addStandardOptions(root);
        try {
            LayeredDefaults defaults = new LayeredDefaults(environment, settingsFile(arguments, environment, serve));
            root.getSubcommands()
                    .values()
                    .forEach(each -> each.setDefaultValueProvider(new LayeredDefaults(environment, null)));
            serve.setDefaultValueProvider(defaults);
            root.setParameterExceptionHandler((refused, args) -> refuse(refused, defaults, err));
        } catch (IllegalArgumentException wrong) {
            err.println("raft-server serve: --config " + wrong.getMessage());
            return ExitCode.USAGE;
        }
        root.setExecutionExceptionHandler((failure, command, parsed) -> {
            err.println(command.getCommandSpec().qualifiedName() + ": " + ExitCode.line(failure));
            return ExitCode.of(failure);
        });
        return root.execute(arguments);
    }

    private static CommandLine wal(PrintStream out, PrintStream err) {
        CommandLine inspect = new CommandLine(new WalInspectCommand(true, out, err));
        inspect.getCommandSpec().usageMessage().description("Shows every segment and every group.");
        CommandLine verify = new CommandLine(new WalInspectCommand(false, out, err));
        verify.getCommandSpec().usageMessage().description("Says whether a node would start with this log.");
        return new CommandLine(new WalCommand())
                .addSubcommand("inspect", inspect)
                .addSubcommand("verify", verify);
    }

    private static void addStandardOptions(CommandLine command) {
        command.getCommandSpec()
                .addMixin("standard", CommandSpec.forAnnotatedObject(new StandardOptions()))
                .versionProvider(new Version());
        command.getSubcommands().values().forEach(CommandLineInterface::addStandardOptions);
    }

    /** The one line: the command, what is wrong, and where the value came from if it was not the command line. */
    private static int refuse(ParameterException refused, LayeredDefaults defaults, PrintStream err) {
        String source = refused.getArgSpec() instanceof OptionSpec option ? defaults.source(option) : "";
        String message = String.valueOf(refused.getMessage()).replaceAll("\\s+", " ");
        String command = refused.getCommandLine().getCommandSpec().qualifiedName();
        err.println(command + ": " + message + (source.isEmpty() ? "" : " (from " + source + ")") + "; see " + command
                + " --help");
        return ExitCode.USAGE;
    }

    /** The file must be known before anything is parsed, since it supplies what is not on the command line. */
    private static @Nullable SettingsFile settingsFile(
            String[] arguments, Map<String, String> environment, CommandLine serve) {
        if (arguments.length == 0 || !arguments[0].equals("serve")) {
            return null;
        }
        ConfigOnly found = new ConfigOnly();
        try {
            new CommandLine(found)
                    .setUnmatchedArgumentsAllowed(true)
                    .setExpandAtFiles(false)
                    .parseArgs(arguments);
        } catch (ParameterException wrong) {
            return null; // the command line proper is about to refuse it
        }
        String fromEnvironment = environment.getOrDefault(LayeredDefaults.variable("config"), "");
        Path path = found.config == null && !fromEnvironment.isEmpty() ? Path.of(fromEnvironment) : found.config;
        return path == null ? null : SettingsFile.read(path, LayeredDefaults.names(serve.getCommandSpec()));
    }

    /** Finds {@code --config} among flags that are none of its business. */
    @Command
    private static final class ConfigOnly {
        @Option(names = "--config")
        @Nullable
        Path config;
    }
}
