package io.reactorraft.server.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.reactorraft.server.api.Json;
import java.io.PrintStream;
import java.net.http.HttpResponse;
import java.util.Base64;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code get}: a value, byte for byte. */
@Command(
        name = "get",
        sortOptions = false,
        description = "Shows the value of a key, as it is; -o json adds its revision.")
final class GetCommand implements Callable<Integer> {

    private final PrintStream out;

    @Mixin
    private final ClientOptions client = new ClientOptions();

    @Parameters(index = "0", paramLabel = "KEY", description = "The key.")
    private String key = "";

    @Option(names = "--revision", paramLabel = "REVISION", description = "As it was then. Default: the latest.")
    private @Nullable Long revision;

    @Option(
            names = "--consistency",
            paramLabel = "linearizable|lease|stale",
            defaultValue = "linearizable",
            description = "How fresh. Default: ${DEFAULT-VALUE}.")
    private String consistency = "";

    GetCommand(PrintStream out) {
        this.out = out;
    }

    @Override
    public Integer call() {
        String query =
                "?consistency=" + KeyPath.encoded(consistency) + (revision == null ? "" : "&revision=" + revision);
        HttpResponse<byte[]> answer = new Endpoints(client).send(Endpoints.Request.get(KeyPath.of(key) + query));
        if (!client.json()) {
            out.write(answer.body(), 0, answer.body().length);
            out.flush();
            return ExitCode.DONE;
        }
        ObjectNode entry = Json.object();
        entry.put("key", key);
        entry.put("value", Base64.getEncoder().encodeToString(answer.body()));
        String tag = answer.headers().firstValue("ETag").orElse("").replace("\"", "");
        entry.put("revision", Long.parseLong(tag));
        out.println(entry);
        return ExitCode.DONE;
    }
}
