package io.reactorraft.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsFileTest {

    private static final Set<String> KNOWN = Set.of("id", "heartbeat", "members");

    @TempDir
    Path directory;

    private Path file = Path.of("");

    @BeforeEach
    void name() {
        file = directory.resolve("raft.yaml");
    }

    @Test
    void valuesAreTakenAsTheyAreWritten() throws IOException {
        SettingsFile settings = read("# ours\nid: 0017\nheartbeat: 'on'\nmembers:\n  - a=1:2\n  - \"b\"\n");
        assertThat(settings.values())
                .containsEntry("id", "0017")
                .containsEntry("heartbeat", "on")
                .containsEntry("members", "a=1:2,b");
        assertThat(settings.lines()).containsEntry("members", 4);
    }

    @Test
    void anEmptyFileSaysNothing() throws IOException {
        assertThat(read("").values()).isEmpty();
        assertThat(read("# later\n").values()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "id: n1;idd: n2 | :2: unknown setting 'idd'",
                "id: n1;id: n2 | :2: 'id' is set twice, first in line 1",
                "id: | :1: 'id' must have a value",
                "id: {a: b} | :1: 'id' must have a value",
                "- id | :1: must be lines of name: value",
                "id n1 | :1: must be lines of name: value",
                "id: n1;  heartbeat: 1s | :2: is not YAML",
                "? [a] : b | a name must be plain text",
                "id: \"x | is not YAML",
            })
    void whatIsWrongIsNamedWithFileAndLine(String text, String named) throws IOException {
        Files.writeString(file, text.replace(';', '\n'));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SettingsFile.read(file, KNOWN))
                .withMessageStartingWith(file.toString())
                .withMessageContaining(named);
    }

    @Test
    void aFileThatCannotBeReadIsNamed() throws IOException {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SettingsFile.read(directory.resolve("none"), KNOWN))
                .withMessageContaining("there is no such file");
        Files.write(file, new byte[] {'i', 'd', (byte) 0xFF});
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SettingsFile.read(file, KNOWN))
                .withMessageContaining("is not UTF-8");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SettingsFile.read(directory, KNOWN))
                .withMessageContaining("cannot be read");
        Files.write(file, "#".repeat((64 << 10) + 1).getBytes(StandardCharsets.US_ASCII));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SettingsFile.read(file, KNOWN))
                .withMessageContaining("more than 65536 bytes");
    }

    private SettingsFile read(String text) throws IOException {
        return SettingsFile.read(Files.writeString(file, text), KNOWN);
    }
}
