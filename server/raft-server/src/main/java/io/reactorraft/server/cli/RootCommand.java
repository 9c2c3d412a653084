package io.reactorraft.server.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code raft-server} alone: tells what there is. */
@Command(
        name = "raft-server",
        description = "A replicated key-value store over HTTP, on Raft.",
        footer = {"", "raft-server COMMAND --help tells more. To look around: raft-server demo"})
final class RootCommand implements Runnable {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "say what to do: serve, demo or wal; or put, get, delete, range, watch, status, leadership, settings");
    }
}
