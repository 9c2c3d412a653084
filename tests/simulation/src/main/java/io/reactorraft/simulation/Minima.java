package io.reactorraft.simulation;

import io.reactorraft.testkit.FaultMode;
import io.reactorraft.testkit.Happening;
import java.util.Locale;
import java.util.Map;

/** How often what must be seen happens at least, in a thousand seeds: well below what is usual, far above nothing. */
final class Minima {

    private Minima() {}

    static Map<Happening, Long> of(FaultMode mode, Layer layer) {
        return switch (layer) {
            case NODES ->
                mode == FaultMode.UNIFORM
                        ? Map.of(
                                Happening.ELECTION, 1_500L,
                                Happening.TRUNCATION, 50L,
                                Happening.LOSSY_CRASH, 200L,
                                Happening.DISK_FAILURE, 500L,
                                Happening.PAUSE, 1_000L,
                                Happening.WRITE_ACKNOWLEDGED, 20_000L,
                                Happening.READ_ANSWERED, 20_000L,
                                Happening.HISTORY_LINEARIZABLE, 950L)
                        : Map.of(
                                Happening.ELECTION, 3_000L,
                                Happening.TRUNCATION, 500L,
                                Happening.LOSSY_CRASH, 500L,
                                Happening.PARTITION, 1_000L,
                                Happening.PAUSE, 100L,
                                Happening.WRITE_ACKNOWLEDGED, 60_000L,
                                Happening.READ_ANSWERED, 60_000L,
                                Happening.HISTORY_LINEARIZABLE, 950L);
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
