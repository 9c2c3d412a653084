package io.reactorraft.torture;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The store over HTTP: each call is answered, did certainly nothing, or may have done something. Thread-safe. */
final class StoreClient {
    private static final Duration CONNECT = Duration.ofSeconds(1);

    /** The server answers everything within ten. */
    static final Duration PATIENCE = Duration.ofSeconds(13);

    private static final Pattern REVISION = Pattern.compile("\"revision\":(\\d+)");

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT)
            .build();

    enum Kind {
        DONE,
        /** The key is absent, or the condition did not hold. */
        NOTHING,
        /** Certainly without effect. */
        NOT_APPLIED,
        UNKNOWN
    }

    /**
     * @param value of a read that found something
     * @param revision of what was read or written; 0: not told
     */
    record Answer(Kind kind, @Nullable String value, long revision) {
        static Answer of(Kind kind) {
            return new Answer(kind, null, 0);
        }
    }

    /** A linearizable read; its client waits no longer than that. */
    Answer read(String url, String key, Duration patience) throws InterruptedException {
        HttpResponse<String> response =
                send(request(url, key).timeout(patience).GET().build());
        if (response == null || response.statusCode() >= 500) {
            return Answer.of(Kind.NOT_APPLIED);
        }
        return switch (response.statusCode()) {
            case 200 -> {
                String tag = response.headers().firstValue("ETag").orElse("\"0\"");
                yield new Answer(Kind.DONE, response.body(), Long.parseLong(tag.replace("\"", "")));
            }
            case 404 -> Answer.of(Kind.NOTHING);
            default -> throw unexpected(response);
        };
    }

    /**
     * A write.
     *
     * @param condition null: none; else the revision that the key must have, 0: that it must be absent
     * @param idempotencyKey null: none
     */
    Answer write(String url, String key, String value, @Nullable Long condition, @Nullable String idempotencyKey)
            throws InterruptedException {
        HttpRequest.Builder request = request(url, key).PUT(BodyPublishers.ofString(value));
        if (condition != null) {
            request.header(
                    condition == 0 ? "If-None-Match" : "If-Match", condition == 0 ? "*" : "\"" + condition + '"');
        }
        if (idempotencyKey != null) {
            request.header("Idempotency-Key", idempotencyKey);
        }
        HttpResponse<String> response;
        try {
            response = http.send(request.build(), BodyHandlers.ofString());
        } catch (ConnectException | HttpConnectTimeoutException nobodyThere) {
            return Answer.of(Kind.NOT_APPLIED);
        } catch (IOException lost) {
            return Answer.of(Kind.UNKNOWN);
        }
        return switch (response.statusCode()) {
            case 200 -> new Answer(Kind.DONE, null, revision(response.body()));
            case 412 -> Answer.of(Kind.NOTHING);
            case 503, 504, 507 ->
                Answer.of(response.body().contains("\"applied\":\"no\"") ? Kind.NOT_APPLIED : Kind.UNKNOWN);
            default -> throw unexpected(response);
        };
    }

    /** Whether the node says that its disk is full. */
    boolean isFull(String url) throws InterruptedException {
        HttpResponse<String> response = send(HttpRequest.newBuilder(URI.create(url + "/v1/status"))
                .timeout(PATIENCE)
                .GET()
                .build());
        return response != null && response.body().contains("\"disk-full\"");
    }

    private static long revision(String body) {
        Matcher found = REVISION.matcher(body);
        if (!found.find()) {
            throw new ViolationException("a write was answered without its revision: " + body);
        }
        return Long.parseLong(found.group(1));
    }

    private @Nullable HttpResponse<String> send(HttpRequest request) throws InterruptedException {
        try {
            return http.send(request, BodyHandlers.ofString());
        } catch (IOException noAnswer) {
            return null;
        }
    }

    private static HttpRequest.Builder request(String url, String key) {
        return HttpRequest.newBuilder(URI.create(url + "/v1/kv/" + key)).timeout(PATIENCE);
    }

    private static ViolationException unexpected(HttpResponse<String> response) {
        return new ViolationException("an answer that nobody may get: " + response.statusCode() + " " + response.body()
                + " to " + response.request().method() + " " + response.uri());
    }
}
