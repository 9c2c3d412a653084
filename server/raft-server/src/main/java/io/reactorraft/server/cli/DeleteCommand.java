package io.reactorraft.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.reactorraft.server.api.Json;
import java.io.IOException;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code delete}: takes a key's value away; 1 where it had none. */
@Command(name = "delete", sortOptions = false, description = "Takes a key's value away. Exit 1 where it had none.")
final class DeleteCommand implements Callable<Integer> {

    private final PrintStream out;

    @Mixin
    private final ClientOptions client = new ClientOptions();

    @Parameters(index = "0", paramLabel = "KEY", description = "The key.")
    private String key = "";

    @Option(names = "--if-match", paramLabel = "REVISION", description = "Only if this was the key's last change.")
    private @Nullable Long ifMatch;

    @Option(
            names = "--idempotency-key",
            paramLabel = "UUID",
            description = "Makes running this again the same change. Default: a new one.")
    private @Nullable String idempotencyKey;

    DeleteCommand(PrintStream out) {
        this.out = out;
    }

    @Override
    public Integer call() throws IOException {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("Idempotency-Key", idempotencyKey == null ? UuidV7.next().toString() : idempotencyKey);
        if (ifMatch != null) {
            headers.put("If-Match", "\"" + ifMatch + "\"");
        }
        JsonNode json = Json.parse(new Endpoints(client)
                .send(new Endpoints.Request("DELETE", KeyPath.of(key), headers, null, true))
                .body());
        boolean deleted = json.path("deleted").asInt() > 0;
        String told = deleted ? "revision " + json.path("revision").asLong() : "there was no such key";
        out.println(client.json() ? json.toString() : told);
        return deleted ? ExitCode.DONE : ExitCode.REFUSED;
    }
}
