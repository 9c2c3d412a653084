package io.reactorraft.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.reactorraft.server.api.Json;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code snapshot}: has one member take a snapshot now. */
@Command(
        name = "snapshot",
        sortOptions = false,
        description = "Has the first endpoint that answers take a snapshot of its state now, and compact its log.")
final class SnapshotCommand implements Callable<Integer> {

    private final PrintStream out;

    @Mixin
    private final ClientOptions client = new ClientOptions();

    SnapshotCommand(PrintStream out) {
        this.out = out;
    }

    @Override
    public Integer call() throws IOException {
        Endpoints.Request post = new Endpoints.Request("POST", "/v1/snapshot", Map.of(), null, true);
        JsonNode taken = Json.parse(new Endpoints(client).send(post).body());
        out.println(
                client.json()
                        ? taken.toString()
                        : "snapshot at index " + taken.path("index").asLong() + ", "
                                + taken.path("bytes").asLong() + " bytes");
        return ExitCode.DONE;
    }
}
