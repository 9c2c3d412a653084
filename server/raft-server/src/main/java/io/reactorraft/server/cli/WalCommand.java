package io.reactorraft.server.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code wal}: looks into the log of a node that is stopped. */
@Command(name = "wal", description = "Looks into the log of a node that is stopped; changes nothing.")
final class WalCommand implements Runnable {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "say what to do: inspect or verify");
    }
}
