package io.reactorraft.wal;

import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/**
 * How a segment's file is called.
 *
 * <p>Chronicle names files by the hour they begin in. Our segments follow a counter, not a clock: segment {@code n} is the
 * hour {@code n} since 1970, so that a clock that steps back never touches the log.
 */
final class SegmentName {

    /** What Chronicle calls an hourly file. */
    static final String SUFFIX = ".cq4";

    static final long CYCLE_MILLIS = 3_600_000;

    private static final DateTimeFormatter NAME = DateTimeFormatter.ofPattern("uuuuMMdd-HH'F'");

    /** What can be named with a year of four digits. */
    private static final int LARGEST_CYCLE = 8_000 * 365 * 24;

    private SegmentName() {}

    static String of(int cycle) {
        if (cycle < 0 || cycle > LARGEST_CYCLE) {
            throw new IllegalArgumentException("there is no segment " + cycle);
        }
        return NAME.format(LocalDateTime.ofEpochSecond(cycle * CYCLE_MILLIS / 1_000, 0, ZoneOffset.UTC)) + SUFFIX;
    }

    /** The cycle of a file name; -1 where it is not a segment's. */
    static int cycle(String fileName) {
        if (!fileName.endsWith(SUFFIX)) {
            return -1;
        }
        try {
            String hour = fileName.substring(0, fileName.length() - SUFFIX.length());
            long seconds = LocalDateTime.parse(hour, NAME).toEpochSecond(ZoneOffset.UTC);
            long cycle = seconds * 1_000 / CYCLE_MILLIS;
            return cycle > LARGEST_CYCLE ? -1 : Math.toIntExact(cycle);
        } catch (DateTimeException notOurs) {
            return -1;
        }
    }
}
