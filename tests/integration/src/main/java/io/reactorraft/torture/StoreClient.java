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
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The store over HTTP: each call is answered, did certainly nothing, or may have done something. Thread-safe. */
final class StoreClient {
    private static final Duration CONNECT = Duration.ofSeconds(1);

    /** The server answers everything within ten. */
    static final Duration PATIENCE = Duration.ofSeconds(13);

    private static final Pattern REVISION = Pattern.compile("\"revision\":(\\d+)");
    private static final Pattern ENTRY = Pattern.compile("\\{[^{}]*\\}");
    private static final String ENTRIES = "\"entries\":[";

    private final Acknowledged acknowledged;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT)
            .build();

    /** Is told of each write that was answered as done. */
    @FunctionalInterface
    interface Acknowledged {
        void acknowledged(String key, String value, long revision);
    }

    /** All entries under a prefix, as they are at a revision. */
    record Content(long revision, List<WatchLog.Event> entries) {}

    StoreClient(Acknowledged acknowledged) {
        this.acknowledged = acknowledged;
    }

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
            case 200 -> {
                long revision = revision(response.body());
                acknowledged.acknowledged(key, value, revision);
                yield new Answer(Kind.DONE, null, revision);
            }
            case 412 -> Answer.of(Kind.NOTHING);
            case 503, 504, 507 ->
                Answer.of(response.body().contains("\"applied\":\"no\"") ? Kind.NOT_APPLIED : Kind.UNKNOWN);
            default -> throw unexpected(response);
        };
    }

    /** All entries under a prefix; null: no answer. */
    @Nullable
    Content range(String url, String prefix) throws InterruptedException {
        List<WatchLog.Event> entries = new ArrayList<>();
        String at = "";
        while (true) {
            String after = entries.isEmpty()
                    ? ""
                    : "&after=" + entries.get(entries.size() - 1).key();
            HttpResponse<String> response = get(url + "/v1/kv?limit=1000&prefix=" + prefix + after + at);
            if (response == null || response.statusCode() >= 500 || response.statusCode() == 410) {
                return null; // the revision of the first page may be forgotten by now
            }
            if (response.statusCode() != 200) {
                throw unexpected(response);
            }
            String page = response.body();
            int begin = page.indexOf(ENTRIES) + ENTRIES.length();
            int end = page.indexOf(']', begin);
            String frame = page.substring(0, begin) + page.substring(end);
            for (Matcher entry = ENTRY.matcher(page.substring(begin, end)); entry.find(); ) {
                entries.add(WatchLog.Event.parse(entry.group()));
            }
            long revision = revision(frame);
            at = "&revision=" + revision;
            if (!frame.contains("\"more\":true")) {
                return new Content(revision, entries);
            }
        }
    }

    /** Whether the node says that its disk is full. */
    boolean isFull(String url) throws InterruptedException {
        HttpResponse<String> response = get(url + "/v1/status");
        return response != null && response.body().contains("\"disk-full\"");
    }

    /** A number of the node's status; null: no answer. */
    @Nullable
    Long number(String url, String name) throws InterruptedException {
        HttpResponse<String> response = get(url + "/v1/status");
        if (response == null || response.statusCode() != 200) {
            return null;
        }
        Matcher found = Pattern.compile("\"" + name + "\":(\\d+)").matcher(response.body());
        return found.find() ? Long.valueOf(found.group(1)) : null;
    }

    private @Nullable HttpResponse<String> get(String uri) throws InterruptedException {
        return send(
                HttpRequest.newBuilder(URI.create(uri)).timeout(PATIENCE).GET().build());
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
