package io.reactorraft.server.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.reactorraft.server.api.Json;
import io.reactorraft.server.api.Problem;
import io.reactorraft.server.api.ProblemType;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** Bodies that ask for something to be done: JSON and nothing else, and not on behalf of another site's page. */
final class JsonBody {

    private JsonBody() {}

    /** The whole body, which is called {@code what} in a refusal. */
    static Mono<JsonNode> read(Exchange exchange, String what, int maxBytes) {
        requireJson(exchange);
        return Body.read(exchange, what, maxBytes).map(body -> {
            try {
                return Json.parse(body.toByteArray());
            } catch (IOException garbled) {
                throw Problem.invalid("body", "is not JSON");
            }
        });
    }

    /** A form on somebody's page can send text, but not JSON. */
    private static void requireJson(Exchange exchange) {
        String type = exchange.headers().get(HttpHeaderNames.CONTENT_TYPE, "");
        int semicolon = type.indexOf(';');
        String bare = (semicolon < 0 ? type : type.substring(0, semicolon)).trim();
        if (!bare.equalsIgnoreCase("application/json")) {
            throw Problem.at(ProblemType.MEDIA_TYPE, "Content-Type", "must be application/json");
        }
    }

    /**
     * For what is asked without a body: a browser sends such a POST for any page, without asking us first, but it says for
     * which one.
     */
    static void refuseOtherPages(Exchange exchange) {
        if (exchange.hasBody()) {
            requireJson(exchange);
        }
        String origin = exchange.headers().get(HttpHeaderNames.ORIGIN);
        String host = exchange.headers().get(HttpHeaderNames.HOST);
        if (origin != null && !origin.equals("http://" + host) && !origin.equals("https://" + host)) {
            throw Problem.at(ProblemType.FORBIDDEN, "Origin", "a page of another site may not ask for this");
        }
    }

    /** The text under this name; null where it is not there. */
    static @Nullable String text(JsonNode body, String name) {
        JsonNode value = body.path(name);
        if (value.isMissingNode() || value.isNull()) {
            return null;
        }
        if (!value.isTextual() || value.asText().isBlank()) {
            throw Problem.invalid(name, "must be text");
        }
        return value.asText();
    }
}
