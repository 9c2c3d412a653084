package io.reactorraft.simulation;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Reads {@code verdicts.txt}: the path of a history and {@code linearizable} or {@code not-linearizable}, line by line. */
final class VerdictFile {

    static final String NAME = "verdicts.txt";

    private static final String YES = "linearizable";
    private static final String NO = "not-linearizable";

    private VerdictFile() {}

    /**
     * The histories that {@code path} means, each with whether it is linearizable: those below it, if it is a folder,
     * or it alone. The verdicts stand in the folder itself, one below it, or one above it.
     *
     * @throws IOException where nothing says what the verdict is
     */
    static Map<Path, Boolean> expected(Path path) throws IOException {
        if (!Files.exists(path)) {
            throw new IOException(path + ": no such file or folder");
        }
        Path wanted = path.toAbsolutePath().normalize();
        Map<Path, Boolean> expected = new LinkedHashMap<>();
        for (Map.Entry<Path, Boolean> verdict : read(find(wanted)).entrySet()) {
            if (verdict.getKey().startsWith(wanted) || wanted.endsWith(NAME)) {
                expected.put(verdict.getKey(), verdict.getValue());
            }
        }
        if (expected.isEmpty()) {
            throw new IOException(path + ": no verdict for it in " + find(wanted));
        }
        return expected;
    }

    private static Path find(Path wanted) throws IOException {
        if (wanted.endsWith(NAME)) {
            return wanted;
        }
        for (Path folder = wanted; folder != null; folder = folder.getParent()) {
            if (Files.isRegularFile(folder.resolve(NAME))) {
                return folder.resolve(NAME);
            }
        }
        if (Files.isDirectory(wanted)) {
            try (Stream<Path> below = Files.walk(wanted)) {
                Optional<Path> found =
                        below.filter(file -> file.endsWith(NAME)).sorted().findFirst();
                if (found.isPresent()) {
                    return found.get();
                }
            }
        }
        throw new IOException(wanted + ": no " + NAME + " in it, below it or above it");
    }

    private static Map<Path, Boolean> read(Path verdicts) throws IOException {
        Map<Path, Boolean> read = new LinkedHashMap<>();
        int number = 0;
        for (String line : Files.readAllLines(verdicts, StandardCharsets.UTF_8)) {
            number++;
            String text = line.strip();
            if (text.isEmpty() || text.startsWith("#")) {
                continue;
            }
            int blank = text.lastIndexOf(' ');
            String verdict = text.substring(blank + 1);
            if (blank < 0 || !(verdict.equals(YES) || verdict.equals(NO))) {
                throw new IOException(
                        verdicts + ":" + number + ": should be PATH and " + YES + " or " + NO + ": " + text);
            }
            Path history =
                    verdicts.resolveSibling(text.substring(0, blank).strip()).normalize();
            read.put(history, verdict.equals(YES));
        }
        return read;
    }
}
