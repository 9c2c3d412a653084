package io.reactorraft.integration;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.testkit.FreePorts;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program that the README shows is compiled and run from the README's own text: three processes elect a leader. */
class ReadmeProgramTest {

    private static final Path README = Path.of("../../README.md");

    private static final Duration SOON = Duration.ofMinutes(2);

    @TempDir
    Path directory;

    @Test
    void helloLeadershipElectsALeader() throws IOException {
        String source = programNamed("HelloLeadership");
        List<Integer> ports = FreePorts.find(3);
        for (int i = 0; i < 3; i++) { // the README's own ports may be taken on this machine
            source = source.replace("localhost:700" + (i + 1), "localhost:" + ports.get(i));
        }
        compile("HelloLeadership", source);
        List<ServerProcess> nodes = new ArrayList<>();
        try {
            for (String id : List.of("n1", "n2", "n3")) {
                nodes.add(ServerProcess.run(directory, id, command(id)));
            }
            for (ServerProcess node : nodes) {
                node.awaitOut(line -> line.contains("leaderId=n"), SOON);
            }
            assertThat(oneLeadsAndAllName(nodes))
                    .as("one leads and all name it")
                    .isTrue();
        } finally {
            nodes.forEach(ServerProcess::close);
        }
    }

    /** Whether they come to agree; on a slow machine a first leader may be replaced before everyone has named it. */
    private static boolean oneLeadsAndAllName(List<ServerProcess> nodes) {
        long end = System.nanoTime() + SOON.toNanos();
        while (System.nanoTime() < end) {
            List<String> last = nodes.stream()
                    .map(node -> node.outLines().get(node.outLines().size() - 1))
                    .toList();
            long leaders =
                    last.stream().filter(line -> line.contains("role=LEADER")).count();
            long named = last.stream()
                    .map(line -> line.replaceAll(".*leaderId=", ""))
                    .distinct()
                    .count();
            if (leaders == 1 && named == 1) {
                return true;
            }
            ServerProcess.pause();
        }
        return false;
    }

    /** The Java block of the README that declares this class. */
    private static String programNamed(String name) throws IOException {
        Matcher blocks = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(Files.readString(README));
        while (blocks.find()) {
            if (blocks.group(1).contains("class " + name)) {
                return blocks.group(1);
            }
        }
        throw new AssertionError("README.md shows no program " + name);
    }

    private void compile(String name, String source) throws IOException {
        Path file = Files.writeString(directory.resolve(name + ".java"), source);
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter said = new StringWriter();
        boolean done = compiler.getTask(
                        said,
                        null,
                        null,
                        List.of("-d", directory.toString(), "-cp", System.getProperty("java.class.path")),
                        null,
                        compiler.getStandardFileManager(null, null, null).getJavaFileObjects(file.toFile()))
                .call();
        assertThat(done).as(said.toString()).isTrue();
    }

    /** As the README says: the class path, and the flags that Chronicle needs. */
    private List<String> command(String id) throws IOException {
        List<String> command = new ArrayList<>(List.of("sh", "-c"));
        String flags = flagsOfTheReadme();
        command.add("cd '" + directory + "' && exec '" + ServerProcess.java() + "' " + flags + " -cp '" + directory
                + ":" + System.getProperty("java.class.path") + "' HelloLeadership " + id);
        return command;
    }

    private static String flagsOfTheReadme() throws IOException {
        Matcher flags = Pattern.compile("(--add-(?:opens|exports) java\\.base/\\S+=ALL-UNNAMED)")
                .matcher(Files.readString(README));
        List<String> found = new ArrayList<>();
        while (flags.find()) {
            found.add(flags.group(1));
        }
        assertThat(found).as("the JVM flags in the README").hasSizeGreaterThanOrEqualTo(3);
        return String.join(" ", found.stream().distinct().toList());
    }
}
