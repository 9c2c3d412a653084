package io.reactorraft.simulation;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Finds scripts in files, folders and zips, one at a time and in a fixed order.
 *
 * <p>What is named itself counts as a script, whatever it is called. In folders and zips only {@code .txt} files with a
 * {@code ----} line are scripts; zips in folders are looked into.
 */
final class ScriptFiles {

    /** Between a zip and the name of its entry. */
    static final String ENTRY_MARK = "!";

    /** No script is longer, unpacked or not, and no history. */
    static final int MAX_SCRIPT_BYTES = 16 << 20;

    private ScriptFiles() {}

    /**
     * Hands over each script of {@code path}, which may also be {@code ZIP!ENTRY}.
     *
     * @throws IOException where something cannot be read; the message names it
     */
    static void forEach(String path, Consumer<ScriptFile> action) throws IOException {
        int mark = path.lastIndexOf(ENTRY_MARK);
        Path file = Path.of(path);
        if (Files.isDirectory(file)) {
            forEachInFolder(file, action);
        } else if (isZip(file) && Files.exists(file)) {
            forEachInZip(file, action);
        } else if (Files.exists(file)) {
            action.accept(read(file));
        } else if (mark > 0 && Files.exists(Path.of(path.substring(0, mark)))) {
            action.accept(readEntry(Path.of(path.substring(0, mark)), path.substring(mark + ENTRY_MARK.length())));
        } else {
            throw new IOException(path + ": no such file or folder");
        }
    }

    private static void forEachInFolder(Path folder, Consumer<ScriptFile> action) throws IOException {
        List<Path> files;
        try (Stream<Path> walk = Files.walk(folder)) {
            files = walk.filter(Files::isRegularFile).sorted().toList();
        }
        for (Path file : files) {
            if (isZip(file)) {
                forEachInZip(file, action);
            } else if (isText(file.toString())) {
                acceptIfScript(read(file), action);
            }
        }
    }

    private static void forEachInZip(Path zip, Consumer<ScriptFile> action) throws IOException {
        try (ZipFile file = new ZipFile(zip.toFile())) {
            List<? extends ZipEntry> entries = file.stream()
                    .filter(entry -> !entry.isDirectory() && isText(entry.getName()))
                    .sorted(Comparator.comparing(ZipEntry::getName))
                    .toList();
            for (ZipEntry entry : entries) {
                acceptIfScript(read(zip, file, entry), action);
            }
        }
    }

    private static ScriptFile readEntry(Path zip, String name) throws IOException {
        try (ZipFile file = new ZipFile(zip.toFile())) {
            ZipEntry entry = file.getEntry(name);
            if (entry == null) {
                throw new IOException(zip + ": has no entry " + name);
            }
            return read(zip, file, entry);
        }
    }

    /** What stands in this file. */
    static ScriptFile read(Path file) throws IOException {
        try (InputStream content = Files.newInputStream(file)) {
            return read(file.toString(), content);
        }
    }

    private static ScriptFile read(Path zip, ZipFile file, ZipEntry entry) throws IOException {
        try (InputStream content = file.getInputStream(entry)) {
            return read(zip + ENTRY_MARK + entry.getName(), content);
        }
    }

    private static ScriptFile read(String name, InputStream content) throws IOException {
        byte[] bytes = content.readNBytes(MAX_SCRIPT_BYTES + 1);
        if (bytes.length > MAX_SCRIPT_BYTES) {
            throw new IOException(
                    name + ": longer than " + MAX_SCRIPT_BYTES + " bytes, which no script or history may be");
        }
        return new ScriptFile(name, new String(bytes, StandardCharsets.UTF_8));
    }

    private static void acceptIfScript(ScriptFile file, Consumer<ScriptFile> action) {
        if (file.text().lines().anyMatch(Script.SEPARATOR::equals)) {
            action.accept(file);
        }
    }

    private static boolean isZip(Path file) {
        return file.toString().endsWith(".zip");
    }

    private static boolean isText(String name) {
        return name.endsWith(".txt");
    }
}
