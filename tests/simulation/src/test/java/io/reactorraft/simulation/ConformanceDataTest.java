package io.reactorraft.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The data that others wrote. It stands beside the project, or where {@code -Dreactorraft.conformance=FOLDER} says; where
 * it is missing these tests are skipped.
 */
class ConformanceDataTest {

    private static final Path DATA =
            Path.of(System.getProperty("reactorraft.conformance", "../../../shared/conformance"));

    @ParameterizedTest
    @CsvSource({
        "etcd-raft/interaction, 21",
        "etcd-raft/quorum, 3",
        "etcd-raft/confchange, 7",
        "etcd-raft/random-700.zip, 700"
    })
    @Timeout(120)
    void everyScriptHoldsToTheLetter(String path, int scripts) {
        assertHolds("conformance", path, scripts);
    }

    @Test
    @Timeout(60)
    void everyHistoryIsJudgedAsOthersJudgedIt() {
        assertHolds("histories", "histories", 66);
    }

    @Test
    @Timeout(120)
    void oneWrongCharacterAnywhereIsNoticed() throws IOException {
        Path data = requireData("etcd-raft/interaction");
        List<ScriptFile> scripts = new ArrayList<>();
        ScriptFiles.forEach(data.toString(), scripts::add);
        Random random = new Random(42);
        int spoiled = 0;
        for (ScriptFile script : scripts) {
            for (int attempt = 0; attempt < 10; attempt++) {
                List<String> lines = new ArrayList<>(script.text().lines().toList());
                int line = random.nextInt(lines.size());
                // Lines of messages and of progress are always output and never a log's.
                if (lines.get(line).matches("\\s*(\\d+->.*|\\d+: State.*|\\d+/\\d+ Entry.*)")) {
                    lines.set(line, lines.get(line) + "!");
                    spoiled++;
                    assertThat(ScriptRunner.run(new ScriptFile(script.name(), String.join("\n", lines))))
                            .as("%s with line %d spoiled", script.name(), line + 1)
                            .hasValueSatisfying(failure -> assertThat(failure)
                                    .startsWith(script.name())
                                    .contains(lines.get(line).strip()));
                }
            }
        }
        assertThat(spoiled).isGreaterThan(30);
    }

    private static Path requireData(String path) {
        Path data = DATA.resolve(path).toAbsolutePath().normalize();
        assumeTrue(Files.exists(data), () -> "skipped: no conformance data at " + data);
        return data;
    }

    private static void assertHolds(String command, String path, int atLeast) {
        Path data = DATA.resolve(path);
        assumeTrue(
                Files.exists(data),
                () -> "skipped: no conformance data at " + data.toAbsolutePath().normalize());
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();

        int exit = SimulationMain.execute(
                new PrintWriter(out, true), new PrintWriter(err, true), command, data.toString());

        assertThat(exit).as(out + "\n" + err).isEqualTo(0);
        String lastLine =
                out.toString().lines().reduce((first, second) -> second).orElse("");
        assertThat(lastLine).matches("\\d+ passed, 0 failed");
        assertThat(Integer.parseInt(lastLine.substring(0, lastLine.indexOf(' '))))
                .isGreaterThanOrEqualTo(atLeast);
    }
}
