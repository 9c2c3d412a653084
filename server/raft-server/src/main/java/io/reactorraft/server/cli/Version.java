package io.reactorraft.server.cli;

import io.reactorraft.server.RaftServer;
import picocli.CommandLine.IVersionProvider;

/** Which version runs, as the jar's manifest has it. */
final class Version implements IVersionProvider {

    @Override
    public String[] getVersion() {
        return new String[] {"raft-server " + number()};
    }

    /** The version alone; {@code development} outside a jar. */
    static String number() {
        String version = RaftServer.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }
}
