package io.reactorraft.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What {@code member} asks of servers of another version, and of those that do not answer. */
class MemberCommandTest {
    private static final String MEMBERS =
            "{\"members\":[{\"id\":\"n4\",\"address\":\"127.0.0.1:7004\",\"learner\":false,\"dataId\":\"0a1b\"}]}";
    private static final String NOT_KNOWN = "{\"type\":\"urn:reactor-raft:problem:invalid\",\"applied\":\"no\","
            + "\"field\":\"dataId\",\"detail\":\"the parameter 'dataId' is not known here\"}";
    private static final String UNKNOWN = "{\"type\":\"urn:reactor-raft:problem:outcome-unknown\","
            + "\"applied\":\"unknown\",\"detail\":\"the change goes on by itself\"}";

    private final List<String> asked = new CopyOnWriteArrayList<>();
    private final HttpServer server;

    MemberCommandTest() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.start();
    }

    /** Of what is asked beside the list, which is always told. */
    @FunctionalInterface
    private interface Answers {
        void to(HttpExchange exchange) throws IOException;
    }

    @AfterEach
    void end() {
        server.stop(0);
    }

    @Test
    void aServerThatTakesNoDataDirectoryIsAskedWithoutOne() {
        int code = run(exchange -> tell(exchange, isWithDisk(exchange) ? 400 : 200, NOT_KNOWN), "remove", "n4");
        assertThat(code).isEqualTo(ExitCode.DONE);
        assertThat(asked).containsExactly("DELETE /v1/members/n4?dataId=0a1b", "DELETE /v1/members/n4");
    }

    @Test
    void aRemovalThatMayBeDoneIsNotAskedOfSuchAServerWithoutOne() {
        int code = run(
                exchange -> tell(exchange, asked.size() == 1 ? 504 : 400, asked.size() == 1 ? UNKNOWN : NOT_KNOWN),
                "remove",
                "n4");
        assertThat(code).isEqualTo(ExitCode.REFUSED);
        assertThat(asked).containsOnly("DELETE /v1/members/n4?dataId=0a1b");
    }

    @Test
    void aRefusalForAnyOtherReasonIsTold() {
        int code = run(exchange -> tell(exchange, 409, "{\"detail\":\"no\",\"applied\":\"no\"}"), "remove", "n4");
        assertThat(code).isEqualTo(ExitCode.REFUSED);
        assertThat(asked).hasSize(1);
    }

    /** Somebody else may have removed or demoted it by then. */
    @Test
    void anAdditionAndAPromotionThatMayBeDoneAreNotAskedForAgain() {
        Answers unknown = exchange -> tell(exchange, 504, UNKNOWN);
        assertThat(run(unknown, "add", "n4", "127.0.0.1:7004")).isEqualTo(ExitCode.UNKNOWN);
        assertThat(run(unknown, "promote", "n4")).isEqualTo(ExitCode.UNKNOWN);
        assertThat(asked).containsExactly("POST /v1/members", "POST /v1/members/n4/promote");
    }

    private static boolean isWithDisk(HttpExchange exchange) {
        return exchange.getRequestURI().getQuery() != null;
    }

    private static void tell(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = (status == 200 ? MEMBERS : body).getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    private int run(Answers answers, String... command) {
        server.createContext("/", exchange -> {
            try (exchange) {
                exchange.getRequestBody().readAllBytes();
                if (exchange.getRequestMethod().equals("GET")) {
                    tell(exchange, 200, MEMBERS);
                } else {
                    asked.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
                    answers.to(exchange);
                }
            }
        });
        PrintStream nowhere = new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
        String endpoint = "http://127.0.0.1:" + server.getAddress().getPort();
        List<String> whole = new ArrayList<>(List.of("member"));
        whole.addAll(List.of(command));
        whole.addAll(List.of("--endpoints", endpoint, "--timeout", "60s"));
        int code = CommandLineInterface.run(whole.toArray(new String[0]), Map.of(), nowhere, nowhere);
        server.removeContext("/");
        return code;
    }
}
