package io.reactorraft.server.cli;

import io.reactorraft.Ending;
import io.reactorraft.server.Server;
import io.reactorraft.server.ServerConfig;
import java.io.PrintStream;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

/** {@code serve}: one member, until it is told to stop or fails. */
@Command(
        name = "serve",
        sortOptions = false,
        sortSynopsis = false,
        description = "Runs one member of a cluster.",
        footer = {
            "",
            "A flag that is not given is taken from the environment, --http-listen from RAFT_HTTP_LISTEN, else from the"
                    + " file of --config.",
            "Exit: 0 stopped; 1 refused or failed; 2 wrong configuration; 4 no restart helps."
        })
final class ServeCommand implements Callable<Integer> {

    private static final Logger LOG = LoggerFactory.getLogger(ServeCommand.class);

    private final Map<String, String> environment;
    private final PrintStream out;
    private final PrintStream err;

    @Mixin
    private final ServeOptions options = new ServeOptions();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    ServeCommand(Map<String, String> environment, PrintStream out, PrintStream err) {
        this.environment = environment;
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() {
        ServerConfig config;
        try {
            config = ServeSettings.check(options, out::println);
        } catch (IllegalArgumentException wrong) {
            throw new ParameterException(spec.commandLine(), String.valueOf(wrong.getMessage()), wrong);
        }
        Logging.use(options.logFormat);
        Set<String> unknown = LayeredDefaults.unknownVariables(environment, spec);
        if (!unknown.isEmpty()) {
            LOG.warn("These variables set nothing, for there are no such flags: {}", String.join(", ", unknown));
        }
        Sinks.Empty<Void> asked = Sinks.empty();
        Signals.onTermination(asked::tryEmitEmpty);
        return run(new Server(config, Version.number()), () -> remember(config), asked.asMono());
    }

    /** Only a start that is not refused says more than its one line. */
    private void remember(ServerConfig config) {
        String initialCluster = config.initialCluster().stream()
                .map(member -> member.id() + "=" + member.address())
                .collect(Collectors.joining(","));
        String asked = String.join(",", Lists.split(options.initialCluster));
        if (!asked.isEmpty() && !asked.equals(initialCluster)) {
            LOG.warn(
                    "--initial-cluster counts for an empty data directory only: {} started with {}",
                    config.dataDir(),
                    initialCluster);
        }
        new MemberFile(config.id(), config.clusterId(), initialCluster).write(config.dataDir());
    }

    /**
     * Runs the server until it ends or {@code asked} completes; answers the exit code.
     *
     * @param started runs once it started; it may block
     */
    int run(Server server, Runnable started, Mono<Void> asked) {
        Mono<Integer> life = server.start()
                .publishOn(Schedulers.boundedElastic())
                .doOnNext(ready -> started.run())
                .doOnNext(ready ->
                        out.println("ready id=" + ready.id() + " http=" + ready.http() + " peer=" + ready.peer()))
                .then(server.closed())
                .map(this::ended)
                .onErrorResume(failure -> Mono.fromSupplier(() -> failed(failure)));
        Integer code = Mono.firstWithSignal(life, asked.thenReturn(ExitCode.DONE))
                .flatMap(first -> server.stop().thenReturn(first))
                .block();
        return code == null ? ExitCode.REFUSED : code;
    }

    private int ended(Ending ending) {
        if (ending == Ending.REMOVED) {
            err.println("raft-server serve: " + options.id
                    + " was removed from its cluster: its data directory is not to be used again");
            return ExitCode.HOPELESS;
        }
        return ExitCode.DONE;
    }

    private int failed(Throwable failure) {
        err.println("raft-server serve: " + ExitCode.line(failure));
        LOG.debug("What ended this process", failure);
        return ExitCode.of(failure);
    }
}
