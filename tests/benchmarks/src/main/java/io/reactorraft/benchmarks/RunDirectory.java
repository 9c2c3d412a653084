package io.reactorraft.benchmarks;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/** A folder of one run's own, made inside the one that was asked for, and removed with all it holds at the end. */
final class RunDirectory {
    private final Path path;
    private final boolean keep;

    private RunDirectory(Path path, boolean keep) {
        this.path = path;
        this.keep = keep;
    }

    static RunDirectory create(Path parent, boolean keep) {
        try {
            Files.createDirectories(parent);
            return new RunDirectory(Files.createTempDirectory(parent, "run-").toAbsolutePath(), keep);
        } catch (IOException failed) {
            throw new BenchmarkException("cannot make a folder for the nodes in " + parent, failed);
        }
    }

    Path path() {
        return path;
    }

    /** Removes it, unless it is to be kept. */
    void end() {
        if (!keep) {
            remove(path);
        }
    }

    /** Removes a folder and all it holds; a folder that is not there is no error. */
    static void remove(Path directory) {
        if (!Files.exists(directory)) {
            return;
        }
        try {
            Files.walkFileTree(directory, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.delete(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException failed)
                        throws IOException {
                    if (failed != null) {
                        throw failed;
                    }
                    Files.delete(folder);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException failed) {
            throw new BenchmarkException("cannot remove " + directory, failed);
        }
    }
}
