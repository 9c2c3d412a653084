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
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Asks for changes of the members over HTTP, and who they are. Thread-safe. */
final class MemberClient {
    private static final Duration CONNECT = Duration.ofSeconds(1);

    /** A node answers within ten seconds, and stands still for five at most; the rest is for a machine that is busy. */
    private static final Duration ANSWERED = Duration.ofSeconds(60);

    private static final Duration LISTED = Duration.ofSeconds(13);
    private static final Pattern MEMBER = Pattern.compile("\\{[^{}]*\\}");
    private static final Pattern ID = Pattern.compile("\"id\":\"([^\"]+)\"");
    private static final Pattern DATA_ID = Pattern.compile("\"dataId\":\"([^\"]+)\"");
    private static final Pattern PROBLEM = Pattern.compile("\"type\":\"urn:reactor-raft:problem:([a-z-]+)\"");
    private static final Map<Integer, Set<String>> PROBLEMS = Map.of(
            404, Set.of("not-found"),
            409, Set.of("change-in-flight", "quorum-at-risk", "id-used", "unreachable", "refused"),
            503, Set.of("no-leader", "overloaded", "not-ready"),
            504, Set.of("outcome-unknown", "timeout"),
            507, Set.of("disk-full"));

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT)
            .build();

    /** What is asked. */
    record Question(String method, String path, String body) {}

    enum Kind {
        DONE,
        /** Nothing was changed. */
        REFUSED,
        UNKNOWN
    }

    /** @param text for people */
    record Answer(Kind kind, String text) {}

    /** A member, as a node shows it. */
    record Shown(boolean learner, @Nullable String dataId) {}

    /** The answer, or a {@link ViolationException} where it is none of the interface, or does not come. */
    CompletableFuture<Answer> ask(String url, Question question) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url + question.path))
                .timeout(ANSWERED)
                .header("Content-Type", "application/json")
                .method(question.method, BodyPublishers.ofString(question.body))
                .build();
        return http.sendAsync(request, BodyHandlers.ofString())
                .handle((response, failure) -> response == null ? lost(request, failure) : answer(response));
    }

    private static Answer lost(HttpRequest request, Throwable failure) {
        Throwable cause = failure.getCause();
        Throwable why = failure instanceof CompletionException && cause != null ? cause : failure;
        if (why instanceof ConnectException || why instanceof HttpConnectTimeoutException) {
            return new Answer(Kind.REFUSED, "nobody there");
        }
        if (why instanceof HttpTimeoutException) {
            throw new ViolationException(
                    request.method() + " " + request.uri() + " is not answered within " + ANSWERED.toSeconds() + " s");
        }
        return new Answer(Kind.UNKNOWN, "connection lost");
    }

    private static Answer answer(HttpResponse<String> response) {
        int status = response.statusCode();
        String body = response.body();
        if (status == 200) {
            return new Answer(Kind.DONE, "done");
        }
        Matcher problem = PROBLEM.matcher(body);
        String name = problem.find() ? problem.group(1) : "";
        if (!PROBLEMS.getOrDefault(status, Set.of()).contains(name) || !body.contains("\"applied\":")) {
            throw new ViolationException("an answer that nobody may get: " + status + " " + body + " to "
                    + response.request().method() + " " + response.request().uri());
        }
        return new Answer(body.contains("\"applied\":\"no\"") ? Kind.REFUSED : Kind.UNKNOWN, status + " " + body);
    }

    /** The members as that node knows them, by id; null: no answer. */
    @Nullable
    Map<String, Shown> members(String url) throws InterruptedException {
        try {
            HttpResponse<String> response = http.send(
                    HttpRequest.newBuilder(URI.create(url + "/v1/members"))
                            .timeout(LISTED)
                            .build(),
                    BodyHandlers.ofString());
            if (response.statusCode() != 200) {
                return null;
            }
            Map<String, Shown> members = new TreeMap<>();
            for (Matcher each = MEMBER.matcher(response.body()); each.find(); ) {
                Matcher id = ID.matcher(each.group());
                Matcher dataId = DATA_ID.matcher(each.group());
                if (id.find()) {
                    boolean learner = each.group().contains("\"learner\":true");
                    members.put(id.group(1), new Shown(learner, dataId.find() ? dataId.group(1) : null));
                }
            }
            return members;
        } catch (IOException noAnswer) {
            return null;
        }
    }
}
