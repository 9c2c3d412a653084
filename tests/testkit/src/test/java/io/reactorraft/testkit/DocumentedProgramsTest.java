package io.reactorraft.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the documentation shows is compiled and run from its own text. */
class DocumentedProgramsTest {
    private static final Path MAIN_PAGE = Path.of("../../README.md");
    private static final Path THIS_PAGE = Path.of("README.md");

    @TempDir
    Path directory;

    @BeforeEach
    void theStateMachineOfTheMainPage() throws IOException {
        compile("Counter", programNamed("Counter", MAIN_PAGE));
    }

    @Test
    void theCounterSurvivesEveryFault() throws Exception {
        run("CounterTest");
    }

    @Test
    void aDeposedLeaderIsReplaced() throws Exception {
        run("DeposedCounterTest");
    }

    /** Runs each of its tests. */
    private void run(String name) throws Exception {
        compile(name, programNamed(name, THIS_PAGE));
        int tests = 0;
        try (URLClassLoader loader = new URLClassLoader(
                new URL[] {directory.toUri().toURL()}, getClass().getClassLoader())) {
            Class<?> type = loader.loadClass(name);
            for (Method method : type.getDeclaredMethods()) {
                if (method.isAnnotationPresent(Test.class)) {
                    var constructor = type.getDeclaredConstructor();
                    constructor.setAccessible(true);
                    method.setAccessible(true);
                    method.invoke(constructor.newInstance());
                    tests++;
                }
            }
        }
        assertThat(tests).as("tests of " + name).isPositive();
    }

    /** The Java block of the page that declares this class. */
    private static String programNamed(String name, Path page) throws IOException {
        Matcher blocks = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(Files.readString(page));
        while (blocks.find()) {
            if (blocks.group(1).contains("class " + name + " ")) {
                return blocks.group(1);
            }
        }
        throw new AssertionError(page + " shows no program " + name);
    }

    private void compile(String name, String source) throws IOException {
        Path file = Files.writeString(directory.resolve(name + ".java"), source);
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter said = new StringWriter();
        String classes = directory + ":" + System.getProperty("java.class.path");
        boolean done = compiler.getTask(
                        said,
                        null,
                        null,
                        List.of("-d", directory.toString(), "-cp", classes),
                        null,
                        compiler.getStandardFileManager(null, null, null).getJavaFileObjects(file.toFile()))
                .call();
        assertThat(done).as(said.toString()).isTrue();
    }
}
