package io.reactorraft.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every seeded bug still fits the core, and the campaign sees bugs, hangs, and nothing where there is nothing. */
class SeededBugsTest {
    private static final Path PATCHES = Path.of("seeded-bugs");
    private static final Path SOURCES = Path.of("../../reactor-raft/src/main/java");

    @Test
    void everyPatchFitsTheSourcesAndChangesThem() throws Exception {
        CoreSources sources = CoreSources.read(SOURCES);
        List<SeededBug> bugs = SeededBug.readAll(PATCHES);
        assertThat(bugs.stream().filter(SeededBug::isListed)).hasSize(68);
        assertThat(bugs).extracting(SeededBug::id).doesNotHaveDuplicates();
        for (SeededBug bug : bugs) {
            assertThat(sources.with(bug).digest()).as(bug.id()).isNotEqualTo(sources.digest());
        }
    }

    @Test
    void everyBrokenCoreCompiles() throws Exception {
        CoreSources sources = CoreSources.read(SOURCES);
        assertThat(SeededBug.readAll(PATCHES).parallelStream()
                        .filter(bug -> !compiles(sources, bug))
                        .map(SeededBug::id))
                .isEmpty();
    }

    private static boolean compiles(CoreSources sources, SeededBug bug) {
        try {
            return CoreCompiler.compile(sources.with(bug)).containsKey("io.reactorraft.core.RaftCore");
        } catch (BugException failed) {
            throw new AssertionError(bug.id(), failed);
        }
    }

    @Test
    void aPatchThatDoesNotFitIsNamed(@TempDir Path folder) throws Exception {
        Files.writeString(folder.resolve("X01-moved.patch"), """
                X01: changes what is not there

                --- a/reactor-raft/src/main/java/io/reactorraft/core/Ticks.java
                +++ b/reactor-raft/src/main/java/io/reactorraft/core/Ticks.java
                @@ -1,3 +1,3 @@
                 nothing like this
                -stands in the file
                +ever stood in it
                 at all
                """);
        SeededBug bug = SeededBug.readAll(folder).get(0);
        CoreSources sources = CoreSources.read(SOURCES);
        assertThatThrownBy(() -> sources.with(bug))
                .isInstanceOf(BugException.class)
                .hasMessageContaining("X01: does not fit io/reactorraft/core/Ticks.java");
    }

    @Test
    void aBrokenCoreIsNoticedAndTheSourceAsItIsIsNot(@TempDir Path folder) throws IOException {
        Path report = folder.resolve("report.md");
        assertThat(run("E08", "--seeds", "3", "--report", report.toString())).isZero();
        assertThat(Files.readString(report))
                .contains("| E08 | Half of the votes, rounded down, win an election. |")
                .contains("the source as it is: nothing noticed in 3 seeds cores uniform")
                .contains("1 bugs listed: 1 noticed, 1 by the simulation alone");
        List<String> kept = Files.readAllLines(folder.resolve("report.tsv"));

        assertThat(run("E08", "--seeds", "3", "--report", report.toString(), "--resume"))
                .isZero();
        assertThat(Files.readAllLines(folder.resolve("report.tsv"))).isEqualTo(kept);
    }

    @Test
    void whatIsNotNoticedFailsTheCampaign() {
        // One seed is not enough for a bug that shows in certain histories alone.
        assertThat(run("L16", "--seeds", "1", "--no-control")).isEqualTo(1);
    }

    @Test
    void workThatHangsIsLeftAlone() throws InterruptedException {
        try (Patience patience = new Patience()) {
            Optional<String> found = patience.with(Duration.ofMillis(50), () -> {
                while (!Thread.currentThread().isInterrupted()) {
                    Thread.onSpinWait();
                }
                return Optional.empty();
            });
            assertThat(found).hasValueSatisfying(message -> assertThat(message).startsWith("hangs"));
            assertThat(patience.with(Duration.ofMinutes(1), Optional::<String>empty))
                    .isEmpty();
        }
    }

    @Test
    void resultsSurviveBeingKept() {
        BugResult result = new BugResult(
                "E01",
                "abc",
                List.of(
                        new BugResult.Finding(BugResult.SCRIPTS, 3, null),
                        new BugResult.Finding("cores uniform", 17, "two\nlines")));
        assertThat(BugResult.ofLines(result.toLines()))
                .containsExactly(new BugResult(
                        "E01",
                        "abc",
                        List.of(
                                new BugResult.Finding(BugResult.SCRIPTS, 3, null),
                                new BugResult.Finding("cores uniform", 17, "two lines"))));
    }

    private static int run(String... arguments) {
        List<String> all = new java.util.ArrayList<>(List.of(
                "bugs",
                "--patches",
                PATCHES.toString(),
                "--sources",
                SOURCES.toString(),
                "--unit-tests",
                "none",
                "--scripts",
                "none"));
        all.addAll(List.of(arguments));
        StringWriter out = new StringWriter();
        return SimulationMain.execute(new PrintWriter(out), new PrintWriter(out), all.toArray(String[]::new));
    }
}
