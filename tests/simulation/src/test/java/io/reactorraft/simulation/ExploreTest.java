package io.reactorraft.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.testkit.FaultMode;
import io.reactorraft.testkit.SimulationReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Explorations hold, say so in their last line, and are not content with empty runs. */
class ExploreTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void nothingIsViolatedUnderRandomFaults() throws InterruptedException {
        assertHolds(FaultMode.UNIFORM, new SeedRange(1, 2_000), Layer.NODES, Layer.CORES);
    }

    @Test
    void nothingIsViolatedUnderTheNemesis() throws InterruptedException {
        assertHolds(FaultMode.PHASED, new SeedRange(1, 200), Layer.NODES, Layer.CORES);
    }

    @Test
    void nothingIsViolatedWhileMembersComeAndGo() throws InterruptedException {
        assertHolds(FaultMode.UNIFORM, new SeedRange(1, 50), Layer.MEMBERS);
        assertHolds(FaultMode.PHASED, new SeedRange(1, 12), Layer.MEMBERS);
    }

    private static void assertHolds(FaultMode mode, SeedRange seeds, Layer... layers) throws InterruptedException {
        List<String> violations = new java.util.concurrent.CopyOnWriteArrayList<>();
        Campaign campaign = new Campaign(
                mode,
                List.of(layers),
                0,
                (layer, report) ->
                        violations.add(mode + " seed " + report.seed() + " " + layer + ": " + report.violation()));
        campaign.run(seeds, 2);
        assertThat(violations).isEmpty();
        assertThat(campaign.faults()).isEmpty();
        assertThat(campaign.holds()).isTrue();
    }

    @Test
    void theLastLineSaysHowManySeedsEventsAndViolations(@TempDir Path folder) throws IOException {
        Path ledger = folder.resolve("ledger.tsv");
        assertThat(run("explore", "--mode", "phased", "--seeds", "3..4", "--ledger", ledger.toString()))
                .isZero();
        assertThat(lines().get(lines().size() - 1)).matches("seeds 2, events \\d+, violations 0");
        assertThat(run("explore", "--mode", "uniform", "--seeds", "3..6", "--ledger", ledger.toString()))
                .isZero();
        List<String> written = Files.readAllLines(ledger);
        assertThat(written).hasSize(3);
        assertThat(written.get(0)).startsWith("core\truntime\tmode");
        assertThat(written.get(1)).contains("\tphased\t").contains("\t3..4\t").endsWith("none violated");
    }

    @Test
    void aReplayTellsTheStoryAndEndsAsTheExplorationDid() {
        assertThat(run("replay", "--mode", "phased", "--seed", "3", "--nodes", "3", "--layer", "nodes"))
                .isZero();
        assertThat(lines()).anyMatch(line -> line.contains("leads term"));
        assertThat(lines()).anyMatch(line -> line.contains("applies"));
        assertThat(lines()).anyMatch(line -> line.endsWith("nothing violated"));
        String digest = lines().get(lines().size() - 1);
        run("replay", "--mode", "phased", "--seed", "3", "--nodes", "3", "--layer", "nodes");
        assertThat(lines().get(lines().size() - 1)).isEqualTo(digest);
    }

    @Test
    void wrongUsageIsSaidInOneLineAndEndsWithTwo() {
        assertThat(run("explore", "--mode", "uniform", "--seeds", "9..1")).isEqualTo(2);
        assertThat(err.toString()).contains("0 <= A <= B");
        assertThat(run("explore", "--mode", "uniform", "--seeds", "one")).isEqualTo(2);
        assertThat(err.toString()).contains("A..B");
        assertThat(run("explore", "--mode", "uniform", "--seeds", "1", "--nodes", "4"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("3 or 5");
        assertThat(run("explore", "--mode", "uniform", "--seeds", "1", "--jobs", "0"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("1 to 256");
    }

    @Test
    void aCampaignWithoutTheFaultsItIsMeantForFails() {
        Campaign nothing = new Campaign(FaultMode.UNIFORM, List.of(Layer.NODES), 3, (layer, report) -> {});
        for (long seed = 0; seed < 10; seed++) {
            nothing.add(Layer.NODES, new SimulationReport(seed, Layer.LEAST_EVENTS, 0, Map.of(), null));
        }
        assertThat(nothing.holds()).isFalse();
        assertThat(nothing.faults()).anyMatch(line -> line.startsWith("too few: election 0, at least 15"));
    }

    @Test
    void aSeedWithTooFewEventsFails() {
        Campaign nothing = new Campaign(FaultMode.UNIFORM, List.of(Layer.NODES), 3, (layer, report) -> {});
        nothing.add(Layer.NODES, new SimulationReport(1, Layer.LEAST_EVENTS - 1, 0, Map.of(), null));
        assertThat(nothing.holds()).isFalse();
        assertThat(nothing.faults()).anyMatch(line -> line.contains("proves nothing"));
    }

    private int run(String... arguments) {
        return SimulationMain.execute(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
    }

    private List<String> lines() {
        return out.toString().lines().toList();
    }
}
