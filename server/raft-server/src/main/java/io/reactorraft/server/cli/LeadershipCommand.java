package io.reactorraft.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.reactorraft.server.api.Json;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code leadership}: who leads, as the first endpoint that answers sees it. */
@Command(name = "leadership", sortOptions = false, description = "Shows who leads, as one member sees it.")
final class LeadershipCommand implements Callable<Integer> {

    private final PrintStream out;

    @Mixin
    private final ClientOptions client = new ClientOptions();

    @Option(names = "--follow", description = "Goes on with every change. Ctrl-C ends it.")
    private boolean follow;

    LeadershipCommand(PrintStream out) {
        this.out = out;
    }

    @Override
    public Integer call() throws IOException {
        Endpoints endpoints = new Endpoints(client);
        String accept = follow ? "text/event-stream" : "application/json";
        Endpoints.Request request =
                new Endpoints.Request("GET", "/v1/leadership", Map.of("Accept", accept), null, true);
        if (!follow) {
            show(endpoints.send(request).body());
            return ExitCode.DONE;
        }
        while (true) {
            try (EventLines events = new EventLines(endpoints.open(request).body())) {
                followed(events);
            }
        }
    }

    private void followed(EventLines events) {
        try {
            for (EventLines.Event event = events.next(); event != null; event = events.next()) {
                show(event.data().getBytes(StandardCharsets.UTF_8));
            }
        } catch (IOException lost) {
            out.flush(); // the next member goes on
        }
    }

    private void show(byte[] document) throws IOException {
        JsonNode leadership = Json.parse(document);
        if (client.json()) {
            out.println(leadership);
            return;
        }
        String leader = leadership.path("leader").asText(null);
        out.println((leader == null ? "no leader" : "leader " + leader) + " (term "
                + leadership.path("term").asLong() + ")");
    }
}
