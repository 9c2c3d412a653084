package io.reactorraft.simulation;

import com.github.difflib.unifieddiff.UnifiedDiff;
import com.github.difflib.unifieddiff.UnifiedDiffFile;
import com.github.difflib.unifieddiff.UnifiedDiffParserException;
import com.github.difflib.unifieddiff.UnifiedDiffReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * One way to break the core: a patch against its sources. Its file begins with a line {@code ID: what it does}.
 *
 * @param files what the patch changes, a file each
 */
record SeededBug(String id, String what, List<UnifiedDiffFile> files) {

    private static final String SUFFIX = ".patch";

    SeededBug {
        files = List.copyOf(files);
    }

    /** All of a folder, in the order of their names. */
    static List<SeededBug> readAll(Path folder) throws IOException {
        List<Path> patches;
        try (Stream<Path> listed = Files.list(folder)) {
            patches = listed.filter(file -> file.toString().endsWith(SUFFIX))
                    .sorted()
                    .toList();
        }
        List<SeededBug> bugs = new ArrayList<>();
        for (Path patch : patches) {
            bugs.add(read(patch));
        }
        return bugs;
    }

    private static SeededBug read(Path patch) throws IOException {
        try (InputStream content = Files.newInputStream(patch)) {
            UnifiedDiff diff = UnifiedDiffReader.parseUnifiedDiff(content);
            String head = diff.getHeader() == null ? "" : diff.getHeader().strip();
            int colon = head.indexOf(": ");
            if (colon < 1 || head.contains("\n") || diff.getFiles().isEmpty()) {
                throw new IOException(patch + ": begins with a line 'ID: what it does', and a unified diff follows");
            }
            return new SeededBug(head.substring(0, colon), head.substring(colon + 2), diff.getFiles());
        } catch (UnifiedDiffParserException garbled) {
            throw new IOException(patch + ": no unified diff: " + garbled.getMessage(), garbled);
        }
    }

    /** Whether it is one of the list that the campaign's bars count; the others are our own additions. */
    boolean isListed() {
        return id.matches("[ELSCRT]\\d\\d");
    }
}
