package io.reactorraft.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.reactorraft.server.api.Json;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Base64;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code range}: the keys under a prefix, all of one revision, however many pages that takes. */
@Command(name = "range", sortOptions = false, description = "Shows the keys under a prefix, in their order.")
final class RangeCommand implements Callable<Integer> {

    private static final int PAGE = 500;
    private static final int VALUE_WIDTH = 60;

    private final PrintStream out;

    @Mixin
    private final ClientOptions client = new ClientOptions();

    @Parameters(index = "0", arity = "0..1", paramLabel = "PREFIX", description = "What they begin with.")
    private String prefix = "";

    @Option(names = "--limit", paramLabel = "N", description = "At most so many. Default: all.")
    private long limit = Long.MAX_VALUE;

    @Option(names = "--revision", paramLabel = "REVISION", description = "As they were then. Default: the latest.")
    private @Nullable Long revision;

    RangeCommand(PrintStream out) {
        this.out = out;
    }

    @Override
    public Integer call() throws IOException {
        if (limit < 1) {
            throw new RequestFailedException(ExitCode.USAGE, "--limit must be 1 or more");
        }
        Endpoints endpoints = new Endpoints(client);
        Long at = revision;
        String after = null;
        long left = limit;
        JsonNode page;
        do {
            String query = "/v1/kv?prefix=" + KeyPath.encoded(prefix) + "&limit=" + Math.min(PAGE, left)
                    + (after == null ? "" : "&after=" + KeyPath.encoded(after))
                    + (at == null ? "" : "&revision=" + at);
            page = Json.parse(endpoints.send(Endpoints.Request.get(query)).body());
            at = page.path("revision").asLong();
            print(page.path("entries"), after == null);
            left -= page.path("entries").size();
            after = last(page.path("entries"));
        } while (page.path("more").asBoolean() && left > 0);
        return ExitCode.DONE;
    }

    private static @Nullable String last(JsonNode entries) {
        return entries.isEmpty()
                ? null
                : entries.get(entries.size() - 1).path("key").asText();
    }

    private void print(JsonNode entries, boolean withHeadings) {
        if (client.json()) {
            entries.forEach(out::println);
            return;
        }
        Table table = new Table("KEY", "REVISION", "VALUE");
        for (JsonNode entry : entries) {
            byte[] value = Base64.getDecoder().decode(entry.path("value").asText());
            table.row(entry.path("key").asText(), entry.path("revision").asText(), Table.cell(value, VALUE_WIDTH));
        }
        String text = table.text();
        out.print(withHeadings ? text : text.substring(text.indexOf('\n') + 1));
    }
}
