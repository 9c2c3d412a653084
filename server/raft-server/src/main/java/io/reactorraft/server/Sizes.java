package io.reactorraft.server;

import java.util.Map;

/** Sizes as people write them: a whole number of bytes, or one and KiB, MiB, GiB or TiB. */
public final class Sizes {

    private static final Map<String, Long> UNITS =
            Map.of("", 1L, "KiB", 1L << 10, "MiB", 1L << 20, "GiB", 1L << 30, "TiB", 1L << 40);

    private Sizes() {}

    /**
     * Reads one.
     *
     * @throws IllegalArgumentException with a message that shows what was read
     */
    public static long parse(String text) {
        int digits = 0;
        while (digits < text.length() && text.charAt(digits) >= '0' && text.charAt(digits) <= '9') {
            digits++;
        }
        Long unit = UNITS.get(text.substring(digits).trim());
        if (digits == 0 || digits > 15 || unit == null) {
            throw new IllegalArgumentException("'" + text + "' is not a size like 65536, 64KiB, 256MiB or 4GiB");
        }
        try {
            return Math.multiplyExact(Long.parseLong(text.substring(0, digits)), unit);
        } catch (ArithmeticException tooLarge) {
            throw new IllegalArgumentException("'" + text + "' is too large a size", tooLarge);
        }
    }
}
