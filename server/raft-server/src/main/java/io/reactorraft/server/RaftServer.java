package io.reactorraft.server;

import io.reactorraft.server.cli.CommandLineInterface;

/** Where the jar begins. */
public final class RaftServer {

    private RaftServer() {}

    /** Runs the command line and exits with its code. */
    public static void main(String[] arguments) {
        System.exit(CommandLineInterface.run(arguments, System.getenv(), System.out, System.err));
    }
}
