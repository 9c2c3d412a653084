package io.reactorraft.server.cli;

import picocli.CommandLine.Option;

/** What every command knows. */
final class StandardOptions {

    @Option(names = "--help", usageHelp = true, description = "Shows this text.")
    boolean help;

    @Option(names = "--version", versionHelp = true, description = "Shows the version.")
    boolean version;
}
