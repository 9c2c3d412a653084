package io.reactorraft.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScriptFilesTest {

    private static final String SCRIPT = "cmd\n----\nok\n";

    @TempDir
    Path folder;

    @Test
    void aFileThatIsNamedCountsWhateverItIsCalled() throws IOException {
        Files.writeString(folder.resolve("script"), "not even a script");

        assertThat(found(folder.resolve("script").toString()))
                .containsExactly(new ScriptFile(folder.resolve("script").toString(), "not even a script"));
    }

    @Test
    void inFoldersOnlyScriptsCountInOrderAndZipsAreOpened() throws IOException {
        Files.createDirectory(folder.resolve("b"));
        Files.writeString(folder.resolve("b/two.txt"), SCRIPT);
        Files.writeString(folder.resolve("a.txt"), SCRIPT);
        Files.writeString(folder.resolve("notes.txt"), "no separator in it");
        Files.writeString(folder.resolve("README.md"), SCRIPT);
        zip(folder.resolve("c.zip"), "y.txt", "x.txt", "z.md");

        assertThat(found(folder.toString()))
                .extracting(ScriptFile::name)
                .containsExactly(
                        folder + "/a.txt", folder + "/b/two.txt", folder + "/c.zip!x.txt", folder + "/c.zip!y.txt");
    }

    @Test
    void theNameOfAScriptFindsItAgain() throws IOException {
        zip(folder.resolve("c.zip"), "x.txt", "y.txt");

        for (ScriptFile script : found(folder.toString())) {
            assertThat(found(script.name())).containsExactly(script);
        }
    }

    @Test
    void whatIsMissingIsNamed() throws IOException {
        zip(folder.resolve("c.zip"), "x.txt");

        assertThatThrownBy(() -> found(folder + "/absent"))
                .isInstanceOf(IOException.class)
                .hasMessage(folder + "/absent: no such file or folder");
        assertThatThrownBy(() -> found(folder + "/c.zip!absent.txt"))
                .hasMessage(folder + "/c.zip: has no entry absent.txt");
    }

    @Test
    void noScriptIsLongerThanTheLimit() throws IOException {
        Path longest = folder.resolve("longest.txt");
        Files.write(longest, new byte[ScriptFiles.MAX_SCRIPT_BYTES]);
        assertThat(found(longest.toString())).hasSize(1);

        Path longer = folder.resolve("longer.txt");
        Files.write(longer, new byte[ScriptFiles.MAX_SCRIPT_BYTES + 1]);
        assertThatThrownBy(() -> found(longer.toString()))
                .isInstanceOf(IOException.class)
                .hasMessage(longer + ": longer than 16777216 bytes, which no script or history may be");
    }

    private static List<ScriptFile> found(String path) throws IOException {
        List<ScriptFile> found = new ArrayList<>();
        ScriptFiles.forEach(path, found::add);
        return found;
    }

    private static void zip(Path file, String... names) throws IOException {
        try (OutputStream bytes = Files.newOutputStream(file);
                ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (String name : names) {
                zip.putNextEntry(new ZipEntry(name));
                zip.write(SCRIPT.getBytes(StandardCharsets.UTF_8));
                zip.closeEntry();
            }
        }
    }
}
