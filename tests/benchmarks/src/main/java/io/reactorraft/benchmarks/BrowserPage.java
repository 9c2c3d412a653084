package io.reactorraft.benchmarks;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A page that opens an {@code EventSource} on a server's watch and another one on its leadership, and reports all that these
 * are told, in order, to the process that serves it.
 *
 * <p><b>Threads.</b> Any.
 */
final class BrowserPage implements AutoCloseable {
    private static final String SCRIPT = """
            <!doctype html><title>streams</title><script>
            const reports = [];
            function report(what) { reports.push(what); }
            async function send() {
              while (true) {
                if (reports.length > 0) {
                  await fetch('/report', {method: 'POST', body: reports.splice(0).join('\\n')});
                }
                await new Promise(go => setTimeout(go, 50));
              }
            }
            function follow(name, url, kinds) {
              const source = new EventSource(url);
              source.onopen = () => report(name + ' open');
              source.onerror = () => report(name + (source.readyState === 2 ? ' closed' : ' again'));
              for (const kind of kinds) {
                source.addEventListener(kind, event => report(name + ' ' + kind + ' ' + event.lastEventId + ' ' + event.data));
              }
            }
            follow('watch', 'SERVER/v1/watch?prefix=PREFIX', ['put', 'delete', 'lagged']);
            follow('leadership', 'SERVER/v1/leadership', ['message']);
            send();
            </script>""";

    private final HttpServer http;
    private final byte[] page;
    private final List<String> reports = new ArrayList<>();

    private BrowserPage(HttpServer http, String server, String prefix) {
        this.http = http;
        this.page = SCRIPT.replace("SERVER", server).replace("PREFIX", prefix).getBytes(StandardCharsets.UTF_8);
    }

    /** Served on a port of its own, about the server at this URL. */
    static BrowserPage of(String server, String prefix) {
        try {
            HttpServer http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            BrowserPage page = new BrowserPage(http, server, prefix);
            http.createContext("/", page::answer);
            http.start();
            return page;
        } catch (IOException failed) {
            throw new BenchmarkException("cannot serve a page", failed);
        }
    }

    String url() {
        return "http://127.0.0.1:" + http.getAddress().getPort() + "/";
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            if (exchange.getRequestURI().getPath().equals("/report")) {
                String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
                add(body.lines().toList());
                exchange.sendResponseHeaders(204, -1);
                return;
            }
            exchange.getResponseHeaders().set("Content-Type", "text/html; charset=utf-8");
            exchange.sendResponseHeaders(200, page.length);
            exchange.getResponseBody().write(page);
        }
    }

    private synchronized void add(List<String> lines) {
        reports.addAll(lines);
    }

    /** All that the page has reported so far about one of its streams, without the stream's name. */
    synchronized List<String> reports(String stream) {
        return reports.stream()
                .filter(line -> line.startsWith(stream + " "))
                .map(line -> line.substring(stream.length() + 1))
                .toList();
    }

    @Override
    public void close() {
        http.stop(0);
    }
}
