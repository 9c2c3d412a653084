package io.reactorraft.server.http;

import static io.reactorraft.server.http.HttpFixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.reactorraft.server.http.HttpFixture.Response;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;

/** What holds for every route: who may ask, how, and how it ends when the client misbehaves. */
class RouterTest {

    private static final int MIB = 1 << 20;

    private final HttpFixture http = new HttpFixture().running();

    @AfterEach
    void close() {
        http.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/v1", "/v2/kv/a", "/livez/", "/V1/status"})
    void whatIsNotThereIsNotFound(String path) {
        http.get(path).isProblem(404, "not-found", "no");
    }

    @Test
    void aMethodThatARouteLacksIsAnsweredWithThoseItHas() {
        Response post = http.send("POST", "/v1/kv/a", "1");
        assertThat(post.status()).isEqualTo(405);
        assertThat(post.header("allow")).isEqualTo("DELETE, GET, HEAD, PUT");
        assertThat(post.header("content-type")).isEqualTo("application/problem+json");
        assertThat(post.json().path("type").asText()).isEqualTo("about:blank");
        assertThat(http.send("OPTIONS", "/v1/status", "").header("allow")).isEqualTo("GET, HEAD");
        assertThat(http.send("DELETE", "/livez", "").status()).isEqualTo(405);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost",
                "localhost:1",
                "LOCALHOST",
                "localhost.",
                "127.0.0.1",
                "127.8.8.8:99",
                "[::1]:8001",
                "db.example.org",
                "DB.Example.Org:443",
            })
    void answersForItself(String host) {
        assertThat(http.get("/livez", "Host", host).status()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"evil.example", "localhost.evil.example", "10.1.2.3", "[2001:db8::1]", "127.0.0.1.evil", "-"})
    void refusesToAnswerForOthers(String host) {
        http.get("/v1/kv/a", "Host", host).isProblem(421, "wrong-host", "no");
        http.put("/v1/kv/a", "1", "Host", host).isProblem(421, "wrong-host", "no");
        assertThat(http.get("/v1/kv/a").status()).as("nothing was written").isEqualTo(404);
    }

    @Test
    void theRequestLinesOwnHostCountsToo() throws IOException {
        assertThat(raw("GET http://evil.example/livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 421");
        assertThat(raw("GET http://localhost/livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 200");
    }

    @Test
    void aRequestHasOneHost() throws IOException {
        assertThat(raw("GET /livez HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 400");
    }

    @Test
    void onlyOldProtocolsMayLeaveItOut() throws IOException {
        assertThat(raw("GET /livez HTTP/1.0\r\n\r\n")).startsWith("HTTP/1.").contains(" 200");
        assertThat(raw("GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n")).startsWith("HTTP/1.1 400");
        assertThat(raw("GET /livez HTTP/1.0\r\nHost: evil.example\r\n\r\n")).contains(" 421");
    }

    @Test
    void aClientThatGivesUpInTheMiddleCostsNothingAndNoAlarm() throws IOException {
        ListAppender<ILoggingEvent> said = new ListAppender<>();
        Logger log = (Logger) LoggerFactory.getLogger("io.reactorraft.server.http");
        said.start();
        log.addAppender(said);
        try {
            try (Socket socket = connect()) {
                String expecting = "Content-Length: 10\r\nExpect: 100-continue\r\n\r\n";
                write(socket, "PUT /v1/kv/a HTTP/1.1\r\nHost: localhost\r\n" + expecting);
                assertThat(readHead(socket)).startsWith("HTTP/1.1 100");
                write(socket, "12345");
            }
            Flux.interval(Duration.ofMillis(5))
                    .filter(tick -> http.api.inFlight() == 0)
                    .blockFirst(SOON);
        } finally {
            log.detachAppender(said);
        }
        assertThat(said.list).extracting(ILoggingEvent::getFormattedMessage).isEmpty();
        assertThat(http.get("/v1/kv/a").status()).isEqualTo(404);
    }

    @Test
    void aTooLargeBodyIsRefusedFromItsLengthAlone() throws IOException {
        try (Socket socket = connect()) {
            write(socket, "PUT /v1/kv/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1048577\r\n\r\n");
            assertThat(readHead(socket)).startsWith("HTTP/1.1 413").contains("connection: close");
        }
    }

    @Test
    void aClientThatWaitsForLeaveIsToldNoBeforeItSendsAnything() throws IOException {
        try (Socket socket = connect()) {
            write(
                    socket,
                    "PUT /v1/kv/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1048577\r\nExpect: 100-continue\r\n\r\n");
            assertThat(readHead(socket)).startsWith("HTTP/1.1 413");
        }
    }

    @Test
    void aClientThatWaitsForLeaveIsToldYes() throws IOException {
        try (Socket socket = connect()) {
            write(
                    socket,
                    "PUT /v1/kv/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n");
            assertThat(readHead(socket)).startsWith("HTTP/1.1 100");
            write(socket, "1");
            assertThat(readHead(socket)).startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void aBodyOfUnknownLengthIsCutOffAtTheLimit() throws IOException {
        try (Socket socket = connect()) {
            write(socket, "PUT /v1/kv/a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
            byte[] chunk = ("10000\r\n" + "x".repeat(0x10000) + "\r\n").getBytes(StandardCharsets.US_ASCII);
            OutputStream out = socket.getOutputStream();
            for (int sent = 0; sent <= MIB; sent += 0x10000) {
                out.write(chunk);
            }
            out.flush();
            assertThat(readHead(socket)).startsWith("HTTP/1.1 413").contains("connection: close");
        }
    }

    @Test
    void aClientThatSendsAllBeforeItListensStillHearsTheAnswer() {
        String tooMuch = "x".repeat(4 * MIB);
        http.put("/v1/kv/a", tooMuch).isProblem(413, "too-large", "no");
        http.put("/nowhere", tooMuch).isProblem(404, "not-found", "no");
    }

    @Test
    void soDoesOneThatDoesNotSayHowMuchItSends() {
        ByteBuf piece = Unpooled.wrappedBuffer(new byte[MIB / 16]);
        HttpClient.ResponseReceiver<?> response =
                http.client().put().uri("/v1/kv/a").send(Flux.range(0, 64).map(each -> piece.retainedDuplicate()));
        Integer status = response.responseSingle(
                        (head, content) -> content.then(Mono.just(head.status().code())))
                .block(SOON);
        assertThat(status).isEqualTo(413);
    }

    @Test
    void aBodyThatNeverComesEndsWithTheRequestTimeout() throws IOException {
        try (HttpFixture impatient = new HttpFixture(Duration.ofMillis(300), HttpSettings.Limits.DEFAULTS).running();
                Socket socket = connect(impatient)) {
            write(socket, "PUT /v1/kv/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n12345");
            String answer = readHead(socket);
            assertThat(answer).startsWith("HTTP/1.1 504").contains("connection: close");
            assertThat(impatient.store.revision()).as("nothing was written").isZero();
        }
    }

    @Test
    void bodiesInMemoryAreBounded() throws IOException {
        HttpSettings.Limits tight = new HttpSettings.Limits(100, 1500, Duration.ofSeconds(60), Duration.ofSeconds(15));
        try (HttpFixture small = new HttpFixture(SOON, tight).running();
                Socket slow = connect(small)) {
            write(
                    slow,
                    "PUT /v1/kv/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n");
            assertThat(readHead(slow)).as("it has its thousand").startsWith("HTTP/1.1 100");

            Response refused = small.put("/v1/kv/b", "x".repeat(600));
            refused.isProblem(503, "overloaded", "no");
            assertThat(refused.header("retry-after")).isEqualTo("1");
            assertThat(small.put("/v1/kv/b", "x".repeat(400)).status()).isEqualTo(200);

            write(slow, "y".repeat(1000));
            assertThat(readHead(slow)).startsWith("HTTP/1.1 200");
            assertThat(small.put("/v1/kv/b", "x".repeat(600)).status())
                    .as("what was done is given back")
                    .isEqualTo(200);
        }
    }

    @Test
    void aChangeThatWasMadeIsNotDeniedForWantOfRoom() throws IOException {
        HttpSettings.Limits tight = new HttpSettings.Limits(100, 1000, Duration.ofSeconds(60), Duration.ofSeconds(15));
        try (HttpFixture small = new HttpFixture(SOON, tight).running()) {
            assertThat(small.put("/v1/kv/a", "x".repeat(1000)).status()).isEqualTo(200);
        }
    }

    @Test
    void probesAnswerHoweverFullTheMemoryForBodiesIs() throws IOException {
        HttpSettings.Limits tight = new HttpSettings.Limits(100, 1000, Duration.ofSeconds(60), Duration.ofSeconds(15));
        try (HttpFixture small = new HttpFixture(SOON, tight).running();
                Socket slow = connect(small)) {
            write(
                    slow,
                    "PUT /v1/kv/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n");
            assertThat(readHead(slow)).startsWith("HTTP/1.1 100");
            assertThat(small.get("/livez").status()).isEqualTo(200);
            assertThat(small.get("/v1/status").status()).isEqualTo(200);
        }
    }

    @Test
    void connectionsAreBounded() throws IOException {
        HttpSettings.Limits tight = new HttpSettings.Limits(1, MIB, Duration.ofSeconds(60), Duration.ofSeconds(15));
        try (HttpFixture small = new HttpFixture(SOON, tight).running();
                Socket first = connect(small);
                Socket second = connect(small)) {
            assertThat(second.getInputStream().read()).as("closed at once").isEqualTo(-1);
            write(first, "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
            assertThat(readHead(first)).startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void oneConnectionCarriesManyRequests() throws IOException {
        try (Socket socket = connect()) {
            for (int i = 0; i < 50; i++) {
                write(socket, head("/livez"));
                assertThat(readHead(socket)).startsWith("HTTP/1.1 200");
            }
        }
    }

    @Test
    void aRequestThatComesWhileAnotherIsAnsweredEndsNoConnection() throws IOException {
        try (Socket socket = connect()) {
            for (int i = 0; i < 20; i++) {
                write(socket, head("/v1/kv/nothing") + head("/livez"));
                assertThat(readHead(socket)).startsWith("HTTP/1.1 404");
                assertThat(readHead(socket)).startsWith("HTTP/1.1 200");
            }
        }
    }

    private static String head(String path) {
        return "HEAD " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    }

    private Socket connect() throws IOException {
        return connect(http);
    }

    private static Socket connect(HttpFixture server) throws IOException {
        Socket socket = new Socket(
                InetAddress.getLoopbackAddress(), server.api.address().port());
        socket.setSoTimeout((int) SOON.toMillis());
        return socket;
    }

    private static void write(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
        socket.getOutputStream().flush();
    }

    /** The status line and the headers, with lower-case names as they come. */
    private static String readHead(Socket socket) throws IOException {
        InputStream in = socket.getInputStream();
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            if (next < 0) {
                throw new AssertionError("the connection was closed after '" + head + "'");
            }
            head.append((char) next);
        }
        return head.toString();
    }

    private String raw(String request) throws IOException {
        try (Socket socket = connect()) {
            write(socket, request);
            BufferedReader reader =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            return String.valueOf(reader.readLine());
        }
    }
}
