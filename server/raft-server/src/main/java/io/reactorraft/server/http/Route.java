package io.reactorraft.server.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A path and what may be done there.
 *
 * @param path the whole path, or the beginning of it where it ends in a slash
 * @param handlers by method; HEAD goes where GET goes
 */
record Route(String path, Map<String, Handler> handlers) {

    /** How metrics name it: all keys are one route. */
    String label() {
        return path.endsWith("/") ? path + "{key}" : path;
    }

    boolean matches(String requested) {
        return path.endsWith("/") ? requested.startsWith(path) : requested.equals(path);
    }

    @Nullable
    Handler handler(Exchange exchange) {
        return handlers.get(exchange.isHead() ? "GET" : exchange.method());
    }

    /** What {@code Allow} has to say. */
    List<String> allowed() {
        TreeSet<String> methods = new TreeSet<>(handlers.keySet());
        if (methods.contains("GET")) {
            methods.add("HEAD");
        }
        return new ArrayList<>(methods);
    }
}
