package io.reactorraft.server.cli;

import java.time.Duration;
import picocli.CommandLine.Option;

/** What every command that asks a cluster knows. */
final class ClientOptions {

    @Option(
            names = "--endpoints",
            paramLabel = "URL,...",
            defaultValue = "http://127.0.0.1:8001",
            description = "Members to ask, one after the other until one answers. Default: ${DEFAULT-VALUE}.")
    String endpoints = "";

    @Option(
            names = {"-o", "--output"},
            paramLabel = "table|json",
            defaultValue = "table",
            description = "For people, or for programs: one JSON object a line. Default: ${DEFAULT-VALUE}.")
    Output output = Output.TABLE;

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            converter = DurationOption.class,
            defaultValue = "10s",
            description = "How long to try, over all endpoints. Default: ${DEFAULT-VALUE}.")
    Duration timeout = Duration.ZERO;

    /** Whom the result is for. */
    enum Output {
        TABLE,
        JSON
    }

    boolean json() {
        return output == Output.JSON;
    }
}
