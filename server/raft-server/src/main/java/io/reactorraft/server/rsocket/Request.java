package io.reactorraft.server.rsocket;

import com.fasterxml.jackson.databind.JsonNode;
import io.netty.buffer.ByteBuf;
import io.reactorraft.server.api.Json;
import io.reactorraft.server.api.Problem;
import io.reactorraft.server.api.ProblemType;
import io.rsocket.Payload;
import io.rsocket.metadata.CompositeMetadata;
import io.rsocket.metadata.RoutingMetadata;
import io.rsocket.metadata.WellKnownMimeType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Iterator;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A request, taken apart: its route, and its data as JSON, whose fields are all known or it is refused. */
record Request(String route, JsonNode data) {

    /** Reads and releases the payload. */
    static Request of(Payload payload) {
        try {
            return new Request(route(payload), data(payload.getDataUtf8()));
        } finally {
            payload.release();
        }
    }

    private static String route(Payload payload) {
        if (payload.hasMetadata()) {
            try {
                for (CompositeMetadata.Entry entry : new CompositeMetadata(payload.sliceMetadata(), false)) {
                    if (WellKnownMimeType.MESSAGE_RSOCKET_ROUTING.getString().equals(entry.getMimeType())) {
                        return first(entry.getContent());
                    }
                }
            } catch (IllegalArgumentException | IllegalStateException garbled) {
                throw Problem.invalid("route", "the metadata is not composite metadata");
            }
        }
        throw Problem.invalid("route", "the request has no route in composite metadata");
    }

    private static String first(ByteBuf routes) {
        Iterator<String> all = new RoutingMetadata(routes).iterator();
        return all.hasNext() ? all.next() : "";
    }

    private static JsonNode data(String text) {
        if (text.isEmpty()) {
            return Json.object();
        }
        try {
            JsonNode data = Json.parse(text.getBytes(StandardCharsets.UTF_8));
            if (data.isObject()) {
                return data;
            }
        } catch (IOException garbled) {
            throw Problem.invalid("data", "is not JSON");
        }
        throw Problem.invalid("data", "must be a JSON object");
    }

    /** Refuses everything but these fields. */
    void only(Set<String> known) {
        data.fieldNames().forEachRemaining(name -> {
            if (!known.contains(name)) {
                throw Problem.invalid(name, "the field '" + name + "' is not known here");
            }
        });
    }

    /** The text of a field; null where it is not there. */
    @Nullable
    String text(String name) {
        JsonNode value = data.path(name);
        if (value.isMissingNode() || value.isNull()) {
            return null;
        }
        if (!value.isTextual()) {
            throw Problem.invalid(name, "must be text");
        }
        return value.asText();
    }

    /** The whole number of a field, {@code least} or higher; null where it is not there. */
    @Nullable
    Long number(String name, long least) {
        JsonNode value = data.path(name);
        if (value.isMissingNode() || value.isNull()) {
            return null;
        }
        if (!value.isIntegralNumber() || !value.canConvertToLong() || value.asLong() < least) {
            throw Problem.invalid(name, "must be a whole number from " + least + " on");
        }
        return value.asLong();
    }

    /** The bytes that a field has as base64. */
    byte[] bytes(String name, int maxBytes) {
        String text = text(name);
        if (text == null) {
            throw Problem.invalid(name, "is missing");
        }
        try {
            byte[] bytes = Base64.getDecoder().decode(text);
            if (bytes.length > maxBytes) {
                throw Problem.at(ProblemType.TOO_LARGE, name, "a value has at most " + maxBytes + " bytes");
            }
            return bytes;
        } catch (IllegalArgumentException notBase64) {
            throw Problem.invalid(name, "must be base64");
        }
    }
}
