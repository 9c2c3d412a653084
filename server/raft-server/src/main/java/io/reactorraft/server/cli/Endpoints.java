package io.reactorraft.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.ByteString;
import io.reactorraft.server.api.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The members that a command may ask, over HTTP. One after the other is tried until one answers, as long as nothing was
 * done; a change that may have been made is tried again only under its idempotency key. Blocks: for the main thread.
 */
final class Endpoints {

    private static final Duration CONNECT = Duration.ofSeconds(2);
    private static final Duration PAUSE = Duration.ofMillis(200);

    private final List<URI> members;
    private final Duration timeout;
    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT)
            .build();

    Endpoints(ClientOptions options) {
        this.timeout = options.timeout;
        List<URI> parsed = new ArrayList<>();
        for (String part : Lists.split(options.endpoints)) {
            parsed.add(member(part));
        }
        this.members = List.copyOf(parsed);
    }

    private static URI member(String text) {
        try {
            URI uri = URI.create(text.contains("://") ? text : "http://" + text);
            boolean bare = uri.getPath().isEmpty() || uri.getPath().equals("/");
            if ("http".equals(uri.getScheme()) && uri.getHost() != null && bare) {
                return uri;
            }
        } catch (IllegalArgumentException notAUri) {
            throw new RequestFailedException(ExitCode.USAGE, "--endpoints: '" + text + "' is not http://HOST:PORT");
        }
        throw new RequestFailedException(ExitCode.USAGE, "--endpoints: '" + text + "' is not http://HOST:PORT");
    }

    List<URI> members() {
        return members;
    }

    /**
     * What is asked.
     *
     * @param body null: none
     * @param again whether it may be sent once more although it may have been done
     */
    record Request(
            String method,
            String path,
            Map<String, String> headers,
            @Nullable ByteString body,
            boolean again) {

        /** Reads. */
        static Request get(String path) {
            return new Request("GET", path, Map.of(), null, true);
        }
    }

    /** The answer of the first member that has one; what is refused is a {@link RequestFailedException}. */
    HttpResponse<byte[]> send(Request request) {
        return send(request, BodyHandlers.ofByteArray(), answer -> answer);
    }

    /** A stream, as soon as a member opened it. */
    HttpResponse<InputStream> open(Request request) {
        return send(request, BodyHandlers.ofInputStream(), body -> {
            try (InputStream in = body) {
                return in.readAllBytes();
            } catch (IOException lost) {
                return new byte[0];
            }
        });
    }

    private <T> HttpResponse<T> send(Request request, BodyHandler<T> handler, Function<T, byte[]> bytes) {
        long deadline = System.nanoTime() + timeout.toNanos();
        RequestFailedException last;
        RequestFailedException unknown = null;
        int at = 0;
        do {
            URI member = members.get(at++ % members.size());
            long left =
                    Math.max(1, Duration.ofNanos(deadline - System.nanoTime()).toMillis());
            try {
                HttpResponse<T> answer = client.send(built(request, member, Duration.ofMillis(left)), handler);
                if (answer.statusCode() < 300) {
                    return answer;
                }
                last = Refused.by(member, answer.statusCode(), bytes.apply(answer.body()), unknown == null);
            } catch (ConnectException | HttpConnectTimeoutException unreachable) {
                last = new RequestFailedException(ExitCode.NOT_APPLIED, member + " cannot be reached");
            } catch (IOException lost) {
                last = lost(request, member, lost);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw new RequestFailedException(ExitCode.UNKNOWN, "interrupted");
            }
            if (!mayTryAgain(request, last)) {
                throw last;
            }
            if (last.exitCode() == ExitCode.UNKNOWN) {
                unknown = last;
            }
            pauseAfterARound(at);
        } while (System.nanoTime() < deadline);
        // What may have been done once is not undone by a member that cannot be reached afterwards.
        throw unknown == null ? last : unknown;
    }

    private static RequestFailedException lost(Request request, URI member, IOException lost) {
        boolean read = request.method().equals("GET");
        String why = lost.getMessage() == null ? lost.getClass().getSimpleName() : lost.getMessage();
        return read
                ? new RequestFailedException(ExitCode.NOT_APPLIED, member + " did not answer: " + why)
                : new RequestFailedException(
                        ExitCode.UNKNOWN, member + " did not answer: " + why + "; the change may have been made");
    }

    private static boolean mayTryAgain(Request request, RequestFailedException failed) {
        return failed.exitCode() == ExitCode.NOT_APPLIED || (failed.exitCode() == ExitCode.UNKNOWN && request.again());
    }

    private void pauseAfterARound(int tried) {
        if (tried % members.size() != 0) {
            return;
        }
        try {
            Thread.sleep(PAUSE.toMillis());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static HttpRequest built(Request request, URI member, Duration left) {
        ByteString body = request.body();
        BodyPublisher publisher =
                body == null ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body.toByteArray());
        HttpRequest.Builder builder = HttpRequest.newBuilder(member.resolve(request.path()))
                .timeout(left)
                .method(request.method(), publisher);
        request.headers().forEach(builder::header);
        return builder.build();
    }

    /** What one member answers; null where it has none. */
    @Nullable
    JsonNode ask(URI member, String path) {
        try {
            Duration left = timeout.compareTo(CONNECT) < 0 ? timeout : CONNECT;
            HttpResponse<byte[]> answer =
                    client.send(built(Request.get(path), member, left), BodyHandlers.ofByteArray());
            return answer.statusCode() == 200 ? Json.parse(answer.body()) : null;
        } catch (IOException none) {
            return null;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return null;
        }
    }

    /** The refusals of members, as exit codes and lines. */
    private static final class Refused {

        static RequestFailedException by(URI member, int status, byte[] body, boolean first) {
            JsonNode problem = Json.object();
            try {
                JsonNode parsed = Json.parse(body);
                problem = parsed == null || !parsed.isObject() ? problem : parsed;
            } catch (IOException notAProblem) {
                problem = Json.object(); // a proxy's page, and nothing of it helps
            }
            String type = problem.path("type").asText("");
            String name = type.substring(type.lastIndexOf(':') + 1);
            String field = problem.path("field").asText("");
            String detail = problem.path("detail").asText(member + " answered " + status);
            String line = (field.isEmpty() ? "" : field + ": ") + detail + (name.isEmpty() ? "" : " (" + name + ")");
            return new RequestFailedException(
                    code(status, problem.path("applied").asText("")), line, first ? field : "");
        }

        private static int code(int status, String applied) {
            if (applied.equals("unknown") || (status >= 500 && applied.isEmpty())) {
                return ExitCode.UNKNOWN;
            }
            return status == 503 || status == 504 ? ExitCode.NOT_APPLIED : ExitCode.REFUSED;
        }
    }
}
