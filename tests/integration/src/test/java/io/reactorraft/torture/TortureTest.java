package io.reactorraft.torture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.reactorraft.integration.FirstFailureStands;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A short run of every campaign. */
@ExtendWith(FirstFailureStands.class)
class TortureTest {

    /** All but changes of the members, whose answers come in bounded times that a slow machine does not keep. */
    private static final String FAULTS = "kill,pause,partition,one-way,slow-disk,disk-full";

    @TempDir
    private Path directory;

    private final StringWriter said = new StringWriter();

    @Test
    void nothingIsLostInAFewKills() throws Exception {
        assertThat(torture("kill", "--times", "6", "--seed", "7"))
                .as("%s", said)
                .isZero();

        assertThat(Files.readAllLines(ledger()))
                .hasSize(2)
                .last()
                .asString()
                .contains("\tkill\t7..7\t6\t")
                .contains("none lost");
    }

    @Test
    void nothingIsLostInSilenceInAFewInjuries() throws Exception {
        assertThat(torture("corrupt", "--cases", "60", "--seed", "7"))
                .as("%s", said)
                .isZero();

        assertThat(said.toString()).contains("60 injuries, none lost in silence");
    }

    @Test
    void nothingIsLostInAFewLossesOfPowerAndTheHarnessSees() throws Exception {
        String whyNot = LoopImage.whyNot();
        assumeTrue(whyNot.isEmpty(), whyNot);

        assertThat(torture("power-loss", "--images", "5", "--see", "2", "--seed", "7"))
                .as("%s", said)
                .isZero();

        assertThat(said.toString()).contains("2 of 2 images lost entries, and 2 of 2 a snapshot");
    }

    @Test
    void whatAClusterAnswersUnderFaultsIsLinearizable() throws Exception {
        String whyNot = Sandbox.whyNot();
        assumeTrue(whyNot.isEmpty(), whyNot);

        int exit = torture(
                "run",
                "--minutes",
                "2",
                "--seed",
                "7",
                "--nemesis",
                FAULTS,
                "--server",
                System.getProperty("raft.server.jar"));

        // Whether enough went well to prove much depends on the machine; whether all of it was right does not.
        assertThat(said.toString())
                .contains(" calls, ")
                .doesNotContain("VIOLATION")
                .doesNotContain("Exception");
        assertThat(exit).as("%s", said).isEqualTo(said.toString().contains("DOES NOT COUNT") ? 1 : 0);
    }

    @Test
    void everyCampaignSaysHowItIsUsed() {
        for (String campaign : List.of("run", "power-loss", "kill", "corrupt")) {
            StringWriter help = new StringWriter();
            assertThat(TortureMain.execute(new PrintWriter(help), new PrintWriter(help), campaign, "--help"))
                    .isZero();
            assertThat(help.toString()).contains("--seed").contains("--ledger");
        }
    }

    @Test
    void misuseIsNotSuccess() {
        StringWriter err = new StringWriter();
        assertThat(TortureMain.execute(new PrintWriter(err), new PrintWriter(err), "kill", "--seed", "1"))
                .isEqualTo(2);
        assertThat(TortureMain.execute(
                        new PrintWriter(err), new PrintWriter(err), "kill", "--times", "0", "--seed", "1"))
                .isEqualTo(2);
        assertThat(TortureMain.execute(
                        new PrintWriter(err),
                        new PrintWriter(err),
                        "run",
                        "--seed",
                        "1",
                        "--minutes",
                        "1",
                        "--nemesis",
                        "x"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("--times").contains("at least 1").contains("no fault is called 'x'");
    }

    private Path ledger() {
        return directory.resolve("ledger.tsv");
    }

    private int torture(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--directory", directory.resolve("work").toString(), "--ledger", ledger().toString()));
        PrintWriter out = new PrintWriter(said, true);
        return TortureMain.execute(out, out, all.toArray(String[]::new));
    }
}
