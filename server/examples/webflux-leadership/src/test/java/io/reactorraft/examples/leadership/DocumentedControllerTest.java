package io.reactorraft.examples.leadership;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.RaftNode;
import io.reactorraft.StateMachine;
import io.reactorraft.testkit.FreePorts;
import io.reactorraft.testkit.NothingBlocks;
import java.io.IOException;
import java.io.StringWriter;
import java.lang.reflect.Constructor;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.reactive.context.ReactiveWebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * The controller and the state machine that the main page shows are compiled from its own text, and answer requests; no
 * thread of the web server or of the node blocks in it.
 */
@ExtendWith(NothingBlocks.class)
class DocumentedControllerTest {
    private static final Path MAIN_PAGE = Path.of("../../../README.md");
    private static final Duration SOON = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    /** What an application brings beside its own beans. */
    @EnableAutoConfiguration
    static class Nothing {}

    @Test
    void theControllerAnswersAsItsPageSays() throws Exception {
        compile("Counter", "CounterController");
        try (URLClassLoader shown = new URLClassLoader(
                new URL[] {directory.toUri().toURL()}, getClass().getClassLoader())) {
            Object counter = instance(shown.loadClass("Counter"));
            RaftNode<Long, Long> node = node(asStateMachine(counter));
            try (ConfigurableApplicationContext application =
                    application(shown.loadClass("CounterController"), counter, node)) {
                node.start().then(node.ready()).block(SOON);
                int port = ((ReactiveWebServerApplicationContext) application)
                        .getWebServer()
                        .getPort();
                WebClient http = WebClient.create("http://localhost:" + port);
                assertThat(soon(http.post().uri("/counter/5"))).isEqualTo("200 5");
                assertThat(soon(http.post().uri("/counter/2"))).isEqualTo("200 7");
                assertThat(soon(http.get().uri("/counter"))).isEqualTo("200 7");
                assertThat(soon(http.post().uri("/counter/-1"))).isEqualTo("422 only up");
                node.stop().block(SOON);
                assertThat(answer(http.post().uri("/counter/1"))).startsWith("503 ");
            } finally {
                node.stop().block(SOON);
            }
        }
    }

    @Test
    void aThreadThatBlocksIsSeen() {
        Mono.fromCallable(() -> {
                    TimeUnit.MILLISECONDS.sleep(1);
                    return true;
                })
                .subscribeOn(Schedulers.parallel())
                .block(SOON);
        assertThat(NothingBlocks.seen()).anyMatch(seen -> seen.startsWith("parallel-"));
    }

    /** Once it is not 503, which says that nothing was done: a disk that stood still costs a leader its office for a moment. */
    private static String soon(WebClient.RequestHeadersSpec<?> request) {
        long end = System.nanoTime() + SOON.toNanos();
        String answer = answer(request);
        while (answer.startsWith("503 ") && System.nanoTime() < end) {
            answer = answer(request);
        }
        return answer;
    }

    private static String answer(WebClient.RequestHeadersSpec<?> request) {
        return request.exchangeToMono(response -> response.bodyToMono(String.class)
                        .defaultIfEmpty("")
                        .map(body -> response.statusCode().value() + " " + body))
                .block(SOON);
    }

    private RaftNode<Long, Long> node(StateMachine<Long, Long> counter) throws IOException {
        return RaftNode.builder("n1", counter)
                .dataDir(directory.resolve("n1"))
                .members("n1=localhost:" + FreePorts.one())
                .build();
    }

    private static ConfigurableApplicationContext application(
            Class<?> controller, Object counter, RaftNode<Long, Long> node) {
        return new SpringApplicationBuilder(Nothing.class)
                .web(WebApplicationType.REACTIVE)
                .properties("server.port=0", "spring.main.banner-mode=off")
                .initializers((GenericApplicationContext context) -> {
                    registerSingleton(context, "counter", counter);
                    registerSingleton(context, "node", node);
                    context.registerBean(controller);
                })
                .run();
    }

    private static void registerSingleton(GenericApplicationContext context, String name, Object bean) {
        context.getBeanFactory().registerSingleton(name, bean);
    }

    private static Object instance(Class<?> type) throws ReflectiveOperationException {
        Constructor<?> constructor = type.getDeclaredConstructor();
        constructor.setAccessible(true);
        return constructor.newInstance();
    }

    @SuppressWarnings("unchecked")
    private static StateMachine<Long, Long> asStateMachine(Object counter) {
        return (StateMachine<Long, Long>) counter;
    }

    private void compile(String... names) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter said = new StringWriter();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            List<Path> sources = Stream.of(names).map(this::written).toList();
            String classes = System.getProperty("java.class.path");
            boolean done = compiler.getTask(
                            said,
                            files,
                            null,
                            List.of("-d", directory.toString(), "-cp", classes),
                            null,
                            files.getJavaFileObjectsFromPaths(sources))
                    .call();
            assertThat(done).as(said.toString()).isTrue();
        }
    }

    private Path written(String name) {
        try {
            return Files.writeString(directory.resolve(name + ".java"), programNamed(name));
        } catch (IOException failed) {
            throw new AssertionError(failed);
        }
    }

    /** The Java block of the main page that declares this class. */
    private static String programNamed(String name) throws IOException {
        Matcher blocks = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(Files.readString(MAIN_PAGE));
        while (blocks.find()) {
            if (Pattern.compile("(class|record) " + name + "\\b")
                    .matcher(blocks.group(1))
                    .find()) {
                return blocks.group(1);
            }
        }
        throw new AssertionError(MAIN_PAGE + " shows no program " + name);
    }
}
