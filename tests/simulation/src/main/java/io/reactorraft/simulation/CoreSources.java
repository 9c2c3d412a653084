package io.reactorraft.simulation;

import com.github.difflib.patch.PatchFailedException;
import com.github.difflib.unifieddiff.UnifiedDiffFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The sources of the core and of the quorums' arithmetic, as text by path below the folder of sources. Immutable. */
final class CoreSources {

    private static final List<String> PACKAGES = List.of("io/reactorraft/core", "io/reactorraft/quorum");

    private final SortedMap<String, String> texts;

    private CoreSources(SortedMap<String, String> texts) {
        this.texts = Collections.unmodifiableSortedMap(texts);
    }

    /** {@code root}: the folder of sources, as in {@code reactor-raft/src/main/java}. */
    static CoreSources read(Path root) throws IOException {
        SortedMap<String, String> texts = new TreeMap<>();
        for (String packageFolder : PACKAGES) {
            try (Stream<Path> listed = Files.list(root.resolve(packageFolder))) {
                for (Path file :
                        listed.filter(each -> each.toString().endsWith(".java")).toList()) {
                    texts.put(packageFolder + "/" + file.getFileName(), Files.readString(file));
                }
            }
        }
        return new CoreSources(texts);
    }

    Map<String, String> texts() {
        return texts;
    }

    /**
     * The sources with this bug in them. What stands around each change must be there to the letter, if not at the same
     * line.
     */
    CoreSources with(SeededBug bug) throws BugException {
        SortedMap<String, String> patched = new TreeMap<>(texts);
        for (UnifiedDiffFile changes : bug.files()) {
            String path = patched.keySet().stream()
                    .filter(each -> changes.getToFile().endsWith("/" + each))
                    .findFirst()
                    .orElseThrow(() -> new BugException(bug.id() + ": there is no source " + changes.getToFile()));
            String before = patched.getOrDefault(path, "");
            try {
                List<String> lines =
                        changes.getPatch().applyFuzzy(before.lines().toList(), 0);
                patched.put(path, String.join("\n", lines) + "\n");
            } catch (PatchFailedException moved) {
                throw new BugException(bug.id() + ": does not fit " + path + " any more (make it anew): " + moved);
            }
            if (patched.getOrDefault(path, "").equals(before)) {
                throw new BugException(bug.id() + ": changes nothing in " + path);
            }
        }
        return new CoreSources(patched);
    }

    /** Tells these sources from any others. */
    String digest() {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            texts.forEach((path, text) -> digest.update((path + "\n" + text).getBytes(StandardCharsets.UTF_8)));
            return HexFormat.of().formatHex(digest.digest(), 0, 8);
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every JDK has SHA-256", impossible);
        }
    }
}
