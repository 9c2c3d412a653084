package io.reactorraft.server.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The file {@code member} of a data directory: whose it is, and how its cluster started. Written once the member started
 * for the first time; from then on it says so itself, and {@code --initial-cluster} is not asked for.
 *
 * @param initialCluster as the flag has it
 */
record MemberFile(String id, String clusterId, String initialCluster) {

    static final String NAME = "member";

    /** What the directory says; null where it has no such file, as an empty one. */
    static @Nullable MemberFile read(Path directory) {
        Path file = directory.resolve(NAME);
        if (!Files.exists(file)) {
            return null;
        }
        Map<String, String> lines = new LinkedHashMap<>();
        try {
            for (String line : Files.readAllLines(file)) {
                int blank = line.indexOf(' ');
                if (blank > 0) {
                    lines.put(line.substring(0, blank), line.substring(blank + 1));
                }
            }
        } catch (IOException unreadable) {
            throw new UncheckedIOException(file + " cannot be read", unreadable);
        }
        return new MemberFile(
                text(file, lines, "id"), text(file, lines, "cluster-id"), text(file, lines, "initial-cluster"));
    }

    private static String text(Path file, Map<String, String> lines, String name) {
        String text = lines.get(name);
        if (text == null) {
            throw new IllegalArgumentException(
                    file + " has no line '" + name + "': remove the file and give --initial-cluster again");
        }
        return text;
    }

    /** Whether it is about this member. */
    boolean isOf(String ownId, String ownClusterId) {
        return id.equals(ownId) && clusterId.equals(ownClusterId);
    }

    /** Writes it, durably, or not at all. */
    void write(Path directory) {
        String text = "id " + id + "\ncluster-id " + clusterId + "\ninitial-cluster " + initialCluster + "\n";
        Path temporary = directory.resolve(NAME + ".new");
        try {
            try (FileChannel channel = FileChannel.open(
                    temporary,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.WRITE)) {
                ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            }
            Files.move(temporary, directory.resolve(NAME), StandardCopyOption.ATOMIC_MOVE);
            try (FileChannel folder = FileChannel.open(directory)) {
                folder.force(true);
            }
        } catch (IOException failed) {
            throw new UncheckedIOException(directory.resolve(NAME) + " cannot be written (" + failed + ")", failed);
        }
    }
}
