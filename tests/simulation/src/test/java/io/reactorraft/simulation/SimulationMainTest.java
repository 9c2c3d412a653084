package io.reactorraft.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SimulationMainTest {

    private static final String STALE_READ = """
            I j - 1 :invoke :write 1
            I j - 1 :ok :write 1
            I j - 1 :invoke :read nil
            I j - 1 :ok :read nil
            """;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    Path folder;

    @Test
    void scriptsThatHoldExitWithZero() throws IOException {
        Files.writeString(folder.resolve("a.txt"), "vote cfg=(1) votes=(y)\n----\nVoteWon\n");
        Files.writeString(folder.resolve("b.txt"), "vote cfg=(1) votes=(n)\n----\nVoteLost\n");

        assertThat(execute("conformance", folder.toString())).isEqualTo(0);
        assertThat(lastLine()).isEqualTo("2 passed, 0 failed");
    }

    @Test
    void aScriptThatDoesNotHoldExitsWithOneAndSaysHowToReplayIt() throws IOException {
        Path wrong = Files.writeString(folder.resolve("a.txt"), "vote cfg=(1) votes=(y)\n----\nVoteLost\n");
        Files.writeString(folder.resolve("b.txt"), "vote cfg=(1) votes=(n)\n----\nVoteLost\n");

        assertThat(execute("conformance", folder.toString())).isEqualTo(1);
        assertThat(lines())
                .containsExactly(
                        wrong + ":1: vote cfg=(1) votes=(y)",
                        "  line 1 of the output",
                        "    expected: VoteLost",
                        "    got:      VoteWon",
                        "  replay: java -jar tests/simulation/target/simulation.jar conformance '" + wrong + "'",
                        "1 passed, 1 failed");
    }

    @Test
    void aPathWithoutScriptsIsAMistake() {
        assertThat(execute("conformance", folder.toString())).isEqualTo(2);
        assertThat(err.toString()).isEqualTo("conformance: " + folder + ": no script in it\n");
    }

    @Test
    void aPathThatIsMissingIsAMistake() {
        assertThat(execute("conformance", folder + "/absent")).isEqualTo(2);
        assertThat(err.toString()).contains("absent: no such file or folder");
        assertThat(execute("histories", folder + "/absent")).isEqualTo(2);
        assertThat(err.toString()).contains("histories: cannot read " + folder + "/absent");
        assertThat(execute("conformance")).isEqualTo(2);
        assertThat(execute("nonsense")).isEqualTo(2);
        assertThat(execute()).isEqualTo(2);
    }

    @Test
    void helpAndVersionAreEverywhere() {
        assertThat(execute("--help")).isEqualTo(0);
        assertThat(execute("conformance", "--help")).isEqualTo(0);
        assertThat(execute("histories", "--help")).isEqualTo(0);
        assertThat(out.toString()).contains("conformance", "histories", "PATH");
        assertThat(execute("--version")).isEqualTo(0);
        assertThat(lastLine()).startsWith("simulation ");
    }

    @Test
    void historiesAreComparedWithTheirVerdicts() throws IOException {
        writeHistories("stale.log not-linearizable\nsub/fine.log linearizable\n");

        assertThat(execute("histories", folder.toString())).isEqualTo(0);
        assertThat(lines()).containsExactly("2 passed, 0 failed");
        assertThat(execute("histories", folder + "/sub")).isEqualTo(0);
        assertThat(lastLine()).isEqualTo("1 passed, 0 failed");
        assertThat(execute("histories", folder + "/verdicts.txt", folder + "/stale.log"))
                .isEqualTo(0);
        assertThat(lastLine()).isEqualTo("3 passed, 0 failed");
        assertThat(execute("histories", "--explain", folder + "/stale.log")).isEqualTo(0);
        assertThat(out.toString()).contains("get(register) -> nothing");
    }

    @Test
    void anotherVerdictOrAMissingHistoryFails() throws IOException {
        writeHistories("stale.log linearizable\nsub/fine.log not-linearizable\nabsent.log linearizable\n");

        assertThat(execute("histories", folder.toString())).isEqualTo(1);
        assertThat(out.toString())
                .contains(
                        "stale.log: should be linearizable; is not linearizable: key 'register'",
                        "fine.log: should be not linearizable; is linearizable: 1 operations on 1 keys",
                        "absent.log: cannot be read",
                        "  replay: java -jar tests/simulation/target/simulation.jar histories --explain '");
        assertThat(lastLine()).isEqualTo("0 passed, 3 failed");
    }

    @Test
    void verdictsThatCannotBeUsedAreAMistake() throws IOException {
        writeHistories("stale.log perhaps\n");
        assertThat(execute("histories", folder.toString())).isEqualTo(2);
        assertThat(err.toString())
                .contains("verdicts.txt:1: should be PATH and linearizable or not-linearizable: stale.log perhaps");

        writeHistories("# nothing but\n\nsub/fine.log linearizable\n");
        assertThat(execute("histories", folder + "/stale.log")).isEqualTo(2);
        assertThat(err.toString()).contains("stale.log: no verdict for it in ");
    }

    private void writeHistories(String verdicts) throws IOException {
        Files.createDirectories(folder.resolve("sub"));
        Files.writeString(folder.resolve("stale.log"), STALE_READ);
        Files.writeString(folder.resolve("sub/fine.log"), "I j - 1 :invoke :write 1\n");
        Files.writeString(folder.resolve("verdicts.txt"), verdicts);
    }

    private int execute(String... arguments) {
        return SimulationMain.execute(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
    }

    private List<String> lines() {
        return out.toString().lines().toList();
    }

    private String lastLine() {
        List<String> lines = lines();
        return lines.get(lines.size() - 1);
    }
}
