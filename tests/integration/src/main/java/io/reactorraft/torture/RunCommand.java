package io.reactorraft.torture;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code run}: see {@link RunCampaign}. */
@Command(
        name = "run",
        description =
                "A cluster of real processes under faults; what clients were told must be linearizable. Needs root.",
        mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private CampaignOptions options = new CampaignOptions();

    @Option(names = "--minutes", required = true, paramLabel = "M", description = "how long faults are dealt")
    private double minutes;

    @Option(
            names = "--nemesis",
            split = ",",
            paramLabel = "FAULT",
            converter = KindConverter.class,
            description =
                    "which ones: kill, pause, partition, one-way, disk-full, slow-disk, membership; all of them unless given")
    private Set<Nemesis.Kind> nemesis = EnumSet.allOf(Nemesis.Kind.class);

    @Option(
            names = "--nodes",
            paramLabel = "N",
            description = "how many found the cluster, 3 unless given; with changes of the members two more stand by")
    private int nodes = 3;

    @Option(names = "--clients", paramLabel = "N", description = "how many, 6 unless given")
    private int clients = 6;

    @Option(names = "--watchers", paramLabel = "N", description = "how many, 3 unless given")
    private int watchers = 3;

    @Option(names = "--rate", paramLabel = "N", description = "calls a second of all clients, 60 unless given")
    private int rate = 60;

    @Option(
            names = "--server",
            paramLabel = "JAR",
            description = "unless given, server/raft-server/target/raft-server.jar")
    private Path server = Path.of("server", "raft-server", "target", "raft-server.jar");

    @Option(
            names = "--patch",
            paramLabel = "DIR",
            description = "classes that take the place of the server's: to see that a bug is found")
    private @Nullable Path patch;

    @Option(names = "--inside", hidden = true, description = "this is the sandbox already")
    private boolean inside;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (nodes < 2 || clients < 1 || rate < clients || watchers < 0) {
            throw new ParameterException(
                    spec.commandLine(),
                    "at least 2 nodes, 1 client, a call a second each, and no less than 0 watchers");
        }
        if (!Files.exists(server)) {
            throw new ParameterException(spec.commandLine(), "no " + server + ": build it, or name it with --server");
        }
        if (inside) {
            RunCampaign.Plan plan = new RunCampaign.Plan(minutes, nodes, clients, watchers, rate, nemesis);
            return options.run(
                    (int) Math.ceil(minutes), work -> new RunCampaign(work, plan, new ServerCommand(server, patch)));
        }
        String whyNot = Sandbox.whyNot();
        if (!whyNot.isEmpty()) {
            spec.commandLine().getErr().println("cannot run here: " + whyNot);
            return ExitCode.SOFTWARE;
        }
        List<String> arguments =
                new ArrayList<>(spec.commandLine().getParseResult().originalArgs());
        arguments.add("--inside");
        return Sandbox.enter(spec.commandLine().getOut(), arguments);
    }

    /** Names as the interface has them. */
    static final class KindConverter implements ITypeConverter<Nemesis.Kind> {
        @Override
        public Nemesis.Kind convert(String name) {
            if (name.equalsIgnoreCase("members")) {
                return Nemesis.Kind.MEMBERSHIP;
            }
            for (Nemesis.Kind kind : Nemesis.Kind.values()) {
                if (kind.toString().equals(name.toLowerCase(Locale.ROOT))) {
                    return kind;
                }
            }
            throw new TypeConversionException("no fault is called '" + name + "'");
        }
    }
}
