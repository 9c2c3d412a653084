package io.reactorraft.server.cli;

import io.reactorraft.server.Server;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** {@code demo}: a whole cluster in one process, with real sockets and real logs, to be played with. */
@Command(name = "demo", description = "Runs a whole cluster in this process, to look around. Ctrl-C ends it.")
final class DemoCommand implements Callable<Integer> {

    private static final int MAX_NODES = 9;
    private static final int MAX_PORT = 65_535;

    private final PrintStream out;
    private final PrintStream err;

    @Option(
            names = "--nodes",
            paramLabel = "N",
            defaultValue = "3",
            description = "Members. Default: ${DEFAULT-VALUE}.")
    private int nodes;

    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            description =
                    "Where the logs lie, to find them again next time. Default: a folder that is removed at the end.")
    private @Nullable Path dataDir;

    @Option(
            names = "--http-port",
            paramLabel = "PORT",
            defaultValue = "8001",
            description = "Where the first member listens for clients, the others on the ports behind it; 0 picks free"
                    + " ones. Default: ${DEFAULT-VALUE}.")
    private int httpPort;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    DemoCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() {
        refuse(nodes < 1 || nodes > MAX_NODES, "--nodes " + nodes + " is not 1 to " + MAX_NODES);
        refuse(
                httpPort < 0 || httpPort > MAX_PORT - nodes + 1,
                "--http-port " + httpPort + " leaves no " + nodes + " ports from there to " + MAX_PORT);
        Logging.forDemo();
        Sinks.Empty<Void> asked = Sinks.empty();
        Signals.onTermination(asked::tryEmitEmpty);
        try (DemoFolder folder = folder()) {
            List<Server> servers = folder.configs(httpPort).stream()
                    .map(config -> new Server(config, Version.number()))
                    .toList();
            return run(servers, folder, asked.asMono());
        }
    }

    private DemoFolder folder() {
        try {
            return DemoFolder.open(dataDir, nodes);
        } catch (IllegalArgumentException another) {
            throw new ParameterException(spec.commandLine(), String.valueOf(another.getMessage()), another);
        }
    }

    private void refuse(boolean wrong, String why) {
        if (wrong) {
            throw new ParameterException(spec.commandLine(), why);
        }
    }

    private int run(List<Server> servers, DemoFolder folder, Mono<Void> asked) {
        Mono<Integer> life = Flux.merge(servers.stream().map(Server::start).toList())
                .collectList()
                .doOnNext(ready -> out.print(DemoText.welcome(ready, folder.path())))
                .then(Flux.merge(servers.stream().map(this::played).toList()).then())
                .thenReturn(ExitCode.DONE)
                .onErrorResume(failure -> Mono.fromSupplier(() -> {
                    err.println("raft-server demo: " + ExitCode.line(failure));
                    return ExitCode.of(failure);
                }));
        Integer code = Mono.firstWithSignal(life, asked.thenReturn(ExitCode.DONE))
                .flatMap(first ->
                        Mono.when(servers.stream().map(Server::stop).toList()).thenReturn(first))
                .block();
        return code == null ? ExitCode.REFUSED : code;
    }

    /** Shows who comes to lead until the member ends; each speaks of itself, so nothing is said twice. */
    private Mono<Void> played(Server server) {
        Mono<Void> shown = server.leadership()
                .filter(leadership -> leadership.leading())
                .doOnNext(leadership ->
                        out.println("leader " + leadership.leaderId() + " (term " + leadership.term() + ")"))
                .then();
        return Mono.when(shown, server.closed());
    }
}
