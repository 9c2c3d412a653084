package io.reactorraft.simulation;

import static java.util.Map.entry;

import io.reactorraft.testkit.FaultMode;
import io.reactorraft.testkit.Happening;
import java.util.Locale;
import java.util.Map;

/** How often what must be seen happens at least, in a thousand seeds: well below what is usual, far above nothing. */
final class Minima {

    private static final Map<Happening, Long> NODES_UNIFORM = Map.ofEntries(
            entry(Happening.ELECTION, 1_500L),
            entry(Happening.TRUNCATION, 50L),
            entry(Happening.LOSSY_CRASH, 200L),
            entry(Happening.DISK_FAILURE, 500L),
            entry(Happening.PAUSE, 1_000L),
            entry(Happening.WRITE_ACKNOWLEDGED, 20_000L),
            entry(Happening.READ_ANSWERED, 20_000L),
            entry(Happening.HISTORY_LINEARIZABLE, 900L),
            entry(Happening.RETRY_SETTLED, 100L),
            entry(Happening.STREAM_BROKEN, 200L),
            entry(Happening.STREAM_COMPLETED, 700L),
            entry(Happening.LEADER_WORK, 1_200L),
            entry(Happening.LEASE_READ_ANSWERED, 5_000L),
            entry(Happening.CLIENT_LEFT, 1_000L),
            entry(Happening.TRANSFER, 300L),
            entry(Happening.STALLED_LEADER_REPLACED, 30L));

    private static final Map<Happening, Long> NODES_PHASED = Map.ofEntries(
            entry(Happening.ELECTION, 3_000L),
            entry(Happening.TRUNCATION, 500L),
            entry(Happening.LOSSY_CRASH, 500L),
            entry(Happening.PARTITION, 1_000L),
            entry(Happening.PAUSE, 100L),
            entry(Happening.WRITE_ACKNOWLEDGED, 60_000L),
            entry(Happening.READ_ANSWERED, 60_000L),
            entry(Happening.HISTORY_LINEARIZABLE, 800L),
            entry(Happening.RETRY_SETTLED, 200L),
            entry(Happening.STREAM_BROKEN, 600L),
            entry(Happening.STREAM_COMPLETED, 1_500L),
            entry(Happening.LEADER_WORK, 2_000L),
            entry(Happening.LEASE_READ_ANSWERED, 10_000L),
            entry(Happening.CLIENT_LEFT, 2_000L),
            entry(Happening.TRANSFER, 150L),
            entry(Happening.STALLED_LEADER_REPLACED, 100L));

    private static final Map<Happening, Long> MEMBERS_UNIFORM = Map.of(
            Happening.ELECTION, 1_500L,
            Happening.CHANGE_DONE, 1_500L,
            Happening.JOINT_CHANGE, 500L,
            Happening.SIMPLE_CHANGE, 1_500L,
            Happening.WIPED_DISK, 50L,
            Happening.REMOVED_ENDED, 500L,
            Happening.SNAPSHOT_INSTALLED, 100L,
            Happening.WRITE_ACKNOWLEDGED, 20_000L,
            Happening.HISTORY_LINEARIZABLE, 900L);

    private static final Map<Happening, Long> MEMBERS_PHASED = Map.of(
            Happening.ELECTION, 3_000L,
            Happening.CHANGE_DONE, 1_500L,
            Happening.JOINT_CHANGE, 500L,
            Happening.SIMPLE_CHANGE, 1_500L,
            Happening.WIPED_DISK, 200L,
            Happening.REMOVED_ENDED, 500L,
            Happening.SNAPSHOT_INSTALLED, 100L,
            Happening.WRITE_ACKNOWLEDGED, 50_000L,
            Happening.HISTORY_LINEARIZABLE, 700L);

    private Minima() {}

    static Map<Happening, Long> of(FaultMode mode, Layer layer) {
        return switch (layer) {
            case NODES -> mode == FaultMode.UNIFORM ? NODES_UNIFORM : NODES_PHASED;
            case MEMBERS -> mode == FaultMode.UNIFORM ? MEMBERS_UNIFORM : MEMBERS_PHASED;
            case CORES ->
                mode == FaultMode.UNIFORM
                        ? Map.of(
                                Happening.ELECTION, 2_000L,
                                Happening.TRUNCATION, 50L,
                                Happening.SNAPSHOT, 1_500L,
                                Happening.SNAPSHOT_INSTALLED, 400L,
                                Happening.JOINT_CHANGE, 300L,
                                Happening.SIMPLE_CHANGE, 400L,
                                Happening.TRANSFER, 1_000L,
                                Happening.LOSSY_CRASH, 200L,
                                Happening.WIPED_DISK, 20L)
                        : Map.of(
                                Happening.ELECTION, 3_000L,
                                Happening.TRUNCATION, 500L,
                                Happening.SNAPSHOT, 800L,
                                Happening.SNAPSHOT_INSTALLED, 100L,
                                Happening.JOINT_CHANGE, 200L,
                                Happening.SIMPLE_CHANGE, 200L,
                                Happening.TRANSFER, 300L,
                                Happening.LOSSY_CRASH, 400L,
                                Happening.WIPED_DISK, 20L);
        };
    }

    static String name(Happening happening) {
        return happening.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
