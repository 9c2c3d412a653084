package io.reactorraft.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.ByteString;
import io.reactorraft.server.api.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code put}: sets a key, exactly once however often it has to be tried. */
@Command(name = "put", sortOptions = false, description = "Sets a key to a value.")
final class PutCommand implements Callable<Integer> {

    private final PrintStream out;
    private final InputStream in;

    @Mixin
    private final ClientOptions client = new ClientOptions();

    @Parameters(index = "0", paramLabel = "KEY", description = "The key.")
    private String key = "";

    @Parameters(index = "1", arity = "0..1", paramLabel = "VALUE", description = "The value, as UTF-8.")
    private @Nullable String value;

    @Option(names = "--file", paramLabel = "FILE", description = "Takes the value from a file; - is standard input.")
    private @Nullable String file;

    @Option(names = "--if-match", paramLabel = "REVISION", description = "Only if this was the key's last change.")
    private @Nullable Long ifMatch;

    @Option(names = "--if-absent", description = "Only if the key has no value.")
    private boolean ifAbsent;

    @Option(
            names = "--idempotency-key",
            paramLabel = "UUID",
            description = "Makes running this again the same change. Default: a new one.")
    private @Nullable String idempotencyKey;

    PutCommand(PrintStream out, InputStream in) {
        this.out = out;
        this.in = in;
    }

    @Override
    public Integer call() throws IOException {
        if ((value == null) == (file == null)) {
            throw new RequestFailedException(ExitCode.USAGE, "give a VALUE or --file, and not both");
        }
        if (ifAbsent && ifMatch != null) {
            throw new RequestFailedException(ExitCode.USAGE, "--if-absent contradicts --if-match");
        }
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("Idempotency-Key", idempotencyKey == null ? UuidV7.next().toString() : idempotencyKey);
        if (ifMatch != null) {
            headers.put("If-Match", "\"" + ifMatch + "\"");
        }
        if (ifAbsent) {
            headers.put("If-None-Match", "*");
        }
        byte[] answer = new Endpoints(client)
                .send(new Endpoints.Request("PUT", KeyPath.of(key), headers, bytes(), true))
                .body();
        JsonNode json = Json.parse(answer);
        out.println(
                client.json()
                        ? json.toString()
                        : "revision " + json.path("revision").asLong());
        return ExitCode.DONE;
    }

    private ByteString bytes() throws IOException {
        if (value != null) {
            return ByteString.copyFromUtf8(value);
        }
        return ByteString.copyFrom(
                "-".equals(file) ? in.readAllBytes() : Files.readAllBytes(Path.of(String.valueOf(file))));
    }
}
