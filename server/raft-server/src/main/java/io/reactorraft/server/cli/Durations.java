package io.reactorraft.server.cli;

import java.time.Duration;
import java.util.Map;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Durations as people write them: a whole number and ms, s, m or h. */
final class Durations implements ITypeConverter<Duration> {

    private static final Map<String, Duration> UNITS = Map.of(
            "ms",
            Duration.ofMillis(1),
            "s",
            Duration.ofSeconds(1),
            "m",
            Duration.ofMinutes(1),
            "h",
            Duration.ofHours(1));

    /** No setting of ours is longer. */
    private static final Duration LONGEST = Duration.ofHours(24);

    @Override
    public Duration convert(String text) {
        int digits = 0;
        while (digits < text.length() && text.charAt(digits) >= '0' && text.charAt(digits) <= '9') {
            digits++;
        }
        Duration unit = UNITS.get(text.substring(digits));
        if (digits == 0 || digits > 9 || unit == null) {
            throw new TypeConversionException("'" + text + "' is not a duration like 100ms, 1s, 2m or 1h");
        }
        Duration duration = unit.multipliedBy(Long.parseLong(text.substring(0, digits)));
        if (duration.isZero() || duration.compareTo(LONGEST) > 0) {
            throw new TypeConversionException("'" + text + "' is not between 1ms and 24h");
        }
        return duration;
    }

    /** As it would be written. */
    static String text(Duration duration) {
        return duration.toMillis() % 1000 == 0 ? duration.toSeconds() + "s" : duration.toMillis() + "ms";
    }
}
