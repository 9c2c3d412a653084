package io.reactorraft.torture;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/** The kernel writes dirty pages back whenever it likes, in any order: here a seed says which. */
final class Writeback {
    private static final int PAGE = 4096;
    private static final double[] DENSITIES = {0, 0.05, 0.3, 0.7, 0.95};

    private Writeback() {}

    /** Writes some pages of all files out, maybe none, and nothing else. */
    static void some(Path directory, SplittableRandom random) throws IOException {
        double density = DENSITIES[random.nextInt(DENSITIES.length)];
        if (density == 0) {
            return;
        }
        List<Path> files;
        try (Stream<Path> all = Files.walk(directory)) {
            files = all.filter(Files::isRegularFile).toList();
        } catch (java.io.UncheckedIOException changing) {
            return; // a file went while it was looked at
        }
        for (Path file : files) {
            write(file, density, random);
        }
    }

    private static void write(Path file, double density, SplittableRandom random) throws IOException {
        long size;
        int descriptor;
        try {
            size = Files.size(file);
            descriptor = Libc.open(file);
        } catch (NoSuchFileException gone) {
            return;
        } catch (IOException gone) {
            if (Files.exists(file)) {
                throw gone;
            }
            return;
        }
        try {
            for (long at = 0; at < size; at += PAGE) {
                if (random.nextDouble() < density) {
                    Libc.writeOut(descriptor, at, PAGE);
                }
            }
        } finally {
            Libc.close(descriptor);
        }
    }
}
