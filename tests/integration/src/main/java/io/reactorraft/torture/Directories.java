package io.reactorraft.torture;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Whole directories. */
final class Directories {

    /** No more files than that go while a small log is copied. */
    private static final int ATTEMPTS = 20;

    private Directories() {}

    /** Removes it with all that is in it, and makes it anew. */
    static void renew(Path directory) throws IOException {
        delete(directory);
        Files.createDirectories(directory);
    }

    static void delete(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }

    /**
     * Copies all that is in {@code from} to {@code to}, which is made. A log that lives has a second thread, which renames and
     * deletes what holds nothing any more: where a file is gone meanwhile, the copy is made anew.
     */
    static void copy(Path from, Path to) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                copyOnce(from, to);
                return;
            } catch (NoSuchFileException gone) {
                if (attempt == ATTEMPTS) {
                    throw gone;
                }
                delete(to);
            }
        }
    }

    private static void copyOnce(Path from, Path to) throws IOException {
        try (Stream<Path> all = Files.walk(from)) {
            for (Path each : all.sorted().toList()) {
                Path target = to.resolve(from.relativize(each).toString());
                if (Files.isDirectory(each)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(each, target);
                }
            }
        } catch (UncheckedIOException failed) {
            throw failed.getCause();
        }
    }

    /** All plain files, in a fixed order. */
    static List<Path> files(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            return all.filter(Files::isRegularFile).sorted().toList();
        }
    }
}
