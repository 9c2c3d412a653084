package io.reactorraft.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import io.reactorraft.server.api.Json;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code settings}: shows what all replicas depend on, or sets some of it. */
@Command(
        name = "settings",
        sortOptions = false,
        description = "Shows the cluster's settings, or sets those that are given: quota=512MiB history=100000"
                + " idempotencyWindow=10m version=1 leaseReads=false.")
final class SettingsCommand implements Callable<Integer> {

    private final PrintStream out;

    @Mixin
    private final ClientOptions client = new ClientOptions();

    @Parameters(arity = "0..*", paramLabel = "NAME=VALUE", description = "What to set.")
    private List<String> changes = List.of();

    SettingsCommand(PrintStream out) {
        this.out = out;
    }

    @Override
    public Integer call() throws IOException {
        Endpoints endpoints = new Endpoints(client);
        JsonNode settings = Json.parse(endpoints
                .send(changes.isEmpty() ? Endpoints.Request.get("/v1/settings") : put())
                .body());
        if (client.json()) {
            out.println(settings);
            return ExitCode.DONE;
        }
        Table table = new Table("SETTING", "VALUE");
        settings.properties()
                .forEach(each -> table.row(each.getKey(), each.getValue().asText()));
        out.print(table.text());
        return ExitCode.DONE;
    }

    /** Setting the same again changes nothing, so it may be tried again. */
    private Endpoints.Request put() {
        ObjectNode body = Json.object();
        for (String change : changes) {
            int equals = change.indexOf('=');
            if (equals < 1) {
                throw new RequestFailedException(ExitCode.USAGE, "'" + change + "' is not NAME=VALUE");
            }
            String name = change.substring(0, equals);
            String value = change.substring(equals + 1);
            if (value.equals("true") || value.equals("false")) {
                body.put(name, Boolean.parseBoolean(value));
            } else if (value.matches("[0-9]{1,18}")) {
                body.put(name, Long.parseLong(value));
            } else {
                body.put(name, value);
            }
        }
        return new Endpoints.Request(
                "PUT",
                "/v1/settings",
                Map.of("Content-Type", "application/json"),
                ByteString.copyFrom(Json.bytes(body)),
                true);
    }
}
