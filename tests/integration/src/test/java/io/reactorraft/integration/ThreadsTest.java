package io.reactorraft.integration;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node has the threads that the design's page names, and no others. */
class ThreadsTest {
    private static final Path PAGE = Path.of("../../reactor-raft/docs/design.md");

    @TempDir
    Path directory;

    @Test
    void whatRunsIsWhatIsWritten() throws IOException {
        List<Pattern> written = written();
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        Trio trio = new Trio(directory);
        trio.start();
        assertThat(trio.leader().propose(1L).retryWhen(Trio.patiently()).block(Duration.ofMinutes(2)))
                .isNotNull();
        Set<String> running = Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !before.contains(thread))
                .map(Thread::getName)
                .collect(Collectors.toSet());
        trio.stop();
        for (String expected : List.of("raft-loop-n1", "raft-apply-n2", "raft-signal-n3", "raft-wal-n1")) {
            assertThat(running).anyMatch(name -> name.startsWith(expected));
        }
        assertThat(running)
                .allMatch(name -> written.stream()
                        .anyMatch(pattern -> pattern.matcher(name).matches()));
    }

    /** The first column of the table of threads: ID stands for a member, … for anything; Reactor adds a number. */
    private static List<Pattern> written() throws IOException {
        List<Pattern> patterns = new ArrayList<>();
        String page = Files.readString(PAGE);
        String table = page.substring(page.indexOf("\n## Threads\n"));
        Matcher rows =
                Pattern.compile("(?m)^\\| `([a-zA-Z-]+…?)` \\|").matcher(table.substring(0, table.indexOf("\n\nNone")));
        while (rows.find()) {
            patterns.add(Pattern.compile(rows.group(1).replace("ID", "n\\d").replace("…", ".*") + "(-\\d+)?"));
        }
        assertThat(patterns).hasSizeGreaterThan(5);
        return patterns;
    }
}
