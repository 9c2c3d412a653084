package io.reactorraft.simulation;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Seeds {@code A..B}, both ends included; one number is a range of one. */
record SeedRange(long first, long last) {

    /** No campaign is longer: its ledger line could not be told from a mistake. */
    static final long MOST_SEEDS = 100_000_000;

    SeedRange {
        if (first < 0 || last < first || last - first >= MOST_SEEDS) {
            throw new IllegalArgumentException(
                    "seeds are A..B with 0 <= A <= B, at most " + MOST_SEEDS + " of them, got " + first + ".." + last);
        }
    }

    long count() {
        return last - first + 1;
    }

    @Override
    public String toString() {
        return first + ".." + last;
    }

    /** For the command line. */
    static final class Converter implements ITypeConverter<SeedRange> {
        @Override
        public SeedRange convert(String text) {
            int dots = text.indexOf("..");
            try {
                long first = Long.parseLong(dots < 0 ? text : text.substring(0, dots));
                return new SeedRange(first, dots < 0 ? first : Long.parseLong(text.substring(dots + 2)));
            } catch (NumberFormatException garbled) {
                throw new TypeConversionException("seeds are written A..B, for instance 1..2000, got '" + text + "'");
            } catch (IllegalArgumentException impossible) {
                throw new TypeConversionException(impossible.getMessage());
            }
        }
    }
}
