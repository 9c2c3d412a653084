package io.reactorraft.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.reactorraft.spi.Metric;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class MicrometerMetricsTest {

    private static final Path PAGE = Path.of("../../reactor-raft/docs/metrics.md");

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final MicrometerMetrics metrics = new MicrometerMetrics(registry);

    @Test
    void countersAddUp() {
        metrics.record(Metric.PROPOSALS_APPLIED, "default", null, 2);
        metrics.record(Metric.PROPOSALS_APPLIED, "default", null, 3);
        metrics.record(Metric.PROPOSALS_APPLIED, "other", null, 7);
        assertThat(registry.get("raft.proposals.applied")
                        .tag("group", "default")
                        .counter()
                        .count())
                .isEqualTo(5);
        assertThat(registry.get("raft.proposals.applied")
                        .tag("group", "other")
                        .counter()
                        .count())
                .isEqualTo(7);
    }

    @Test
    void gaugesShowTheLatestOfEachPeer() {
        metrics.record(Metric.PEER_UP, "default", "n2", 1);
        metrics.record(Metric.PEER_UP, "default", "n3", 1);
        metrics.record(Metric.PEER_UP, "default", "n2", 0);
        assertThat(registry.get("raft.peer.up").tag("peer", "n2").gauge().value())
                .isZero();
        assertThat(registry.get("raft.peer.up").tag("peer", "n3").gauge().value())
                .isEqualTo(1);
    }

    @Test
    void timersMeasureNanoseconds() {
        metrics.record(Metric.LOG_SYNC_DURATION, "", null, 2_000_000);
        metrics.record(Metric.LOG_SYNC_DURATION, "", null, 4_000_000);
        assertThat(registry.get("raft.log.sync.duration").timer().totalTime(TimeUnit.MILLISECONDS))
                .isEqualTo(6);
    }

    @Test
    void peersWithoutEndDoNotBecomeMetersWithoutEnd() {
        for (int i = 0; i < MicrometerMetrics.MAX_METERS + 100; i++) {
            metrics.record(Metric.PEER_LAG, "default", "p" + i, 1);
        }
        assertThat(registry.getMeters()).hasSize(MicrometerMetrics.MAX_METERS);
    }

    @Test
    void thePageNamesEveryMetricWithItsKindAndNoOther() throws IOException {
        Set<String> written = new TreeSet<>();
        Matcher rows =
                Pattern.compile("(?m)^\\| `(raft\\.[a-z.]+)` \\| (\\w+) \\|").matcher(Files.readString(PAGE));
        while (rows.find()) {
            written.add(rows.group(1) + " " + rows.group(2));
        }
        Set<String> known = Arrays.stream(Metric.values())
                .map(metric -> MicrometerMetrics.name(metric) + " "
                        + metric.kind().name().toLowerCase(java.util.Locale.ROOT))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(written).isEqualTo(known);
    }
}
