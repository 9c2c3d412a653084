package io.reactorraft.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import io.reactorraft.server.api.Json;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code transfer}: hands leadership to a member. */
@Command(name = "transfer", sortOptions = false, description = "Hands leadership to a voter.")
final class TransferCommand implements Callable<Integer> {

    private final PrintStream out;

    @Mixin
    private final ClientOptions client = new ClientOptions();

    @Parameters(paramLabel = "ID", description = "To whom.")
    private String to = "";

    TransferCommand(PrintStream out) {
        this.out = out;
    }

    @Override
    public Integer call() throws IOException {
        ObjectNode body = Json.object();
        body.put("to", to);
        Endpoints.Request post = new Endpoints.Request(
                "POST",
                "/v1/leadership/transfer",
                Map.of("Content-Type", "application/json"),
                ByteString.copyFrom(Json.bytes(body)),
                true);
        JsonNode leads = Json.parse(new Endpoints(client).send(post).body());
        out.println(
                client.json()
                        ? leads.toString()
                        : "leader " + leads.path("leader").asText() + " (term "
                                + leads.path("term").asLong() + ")");
        return ExitCode.DONE;
    }
}
