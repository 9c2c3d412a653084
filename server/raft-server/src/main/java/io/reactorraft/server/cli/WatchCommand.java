package io.reactorraft.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.reactorraft.server.api.Json;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code watch}: changes as they come, until it is stopped; a lost stream is resumed where it broke off. */
@Command(
        name = "watch",
        sortOptions = false,
        description = "Shows changes under a prefix as they come. Ctrl-C ends it.")
final class WatchCommand implements Callable<Integer> {

    private static final int VALUE_WIDTH = 60;

    private final PrintStream out;

    @Mixin
    private final ClientOptions client = new ClientOptions();

    @Parameters(index = "0", arity = "0..1", paramLabel = "PREFIX", description = "What their keys begin with.")
    private String prefix = "";

    @Option(names = "--from", paramLabel = "REVISION", description = "From this one on. Default: from now on.")
    private @Nullable Long from;

    @Option(names = "--count", paramLabel = "N", description = "Ends after so many. Default: never.")
    private long count = Long.MAX_VALUE;

    WatchCommand(PrintStream out) {
        this.out = out;
    }

    @Override
    public Integer call() throws IOException {
        Endpoints endpoints = new Endpoints(client);
        String path = "/v1/watch?prefix=" + KeyPath.encoded(prefix) + (from == null ? "" : "&from=" + from);
        String lastId = null;
        long shown = 0;
        while (shown < count) {
            Map<String, String> headers = lastId == null ? Map.of() : Map.of("Last-Event-ID", lastId);
            try (EventLines events = new EventLines(endpoints
                    .open(new Endpoints.Request("GET", path, headers, null, true))
                    .body())) {
                shown = follow(events, shown);
                lastId = events.lastId() == null ? lastId : events.lastId();
            }
        }
        return ExitCode.DONE;
    }

    /** Shows events until the stream ends or enough were shown; answers how many were, all together. */
    private long follow(EventLines events, long before) {
        long shown = before;
        try {
            EventLines.Event event = events.next();
            while (event != null && shown < count) {
                if (event.name().equals("put") || event.name().equals("delete")) {
                    show(event);
                    shown++;
                }
                event = shown < count ? events.next() : null;
            }
        } catch (IOException lost) {
            return shown; // resumed at the next member
        }
        return shown;
    }

    private void show(EventLines.Event event) throws IOException {
        JsonNode entry = Json.parse(event.data().getBytes(java.nio.charset.StandardCharsets.UTF_8));
        if (client.json()) {
            ObjectNode line = Json.object();
            line.put("event", event.name());
            line.setAll((ObjectNode) entry);
            out.println(line);
            return;
        }
        String value = entry.path("value").isNull()
                ? ""
                : Table.cell(Base64.getDecoder().decode(entry.path("value").asText()), VALUE_WIDTH);
        out.println(String.format(
                        "%8d  %-6s  %s  %s",
                        entry.path("revision").asLong(),
                        event.name(),
                        entry.path("key").asText(),
                        value)
                .stripTrailing());
    }
}
