package io.reactorraft.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JvmFlagsTest {

    @TempDir
    Path directory;

    @Test
    void nothingIsMissingHere() {
        JvmFlags.check();
        JvmFlags.checkNativeAccess();
    }

    @Test
    void whatIsMissingIsNamedAsItIsToBeAdded() {
        assertThat(JvmFlags.missing(opened -> false, exported -> false))
                .containsExactly(
                        "--add-opens java.base/java.lang.reflect=ALL-UNNAMED",
                        "--add-opens java.base/sun.nio.ch=ALL-UNNAMED",
                        "--add-exports java.base/jdk.internal.ref=ALL-UNNAMED");
    }

    @Test
    void aJvmWithoutFlagsIsRefusedInOneLineThatNamesThem() throws Exception {
        assertThat(openElsewhere())
                .isEqualTo("FLAGS the log cannot map its files: start the JVM with "
                        + "--add-opens java.base/java.lang.reflect=ALL-UNNAMED "
                        + "--add-opens java.base/sun.nio.ch=ALL-UNNAMED "
                        + "--add-exports java.base/jdk.internal.ref=ALL-UNNAMED");
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void theFlagsThatAreNamedAreEnough() throws Exception {
        List<String> flags = new ArrayList<>();
        for (String flag : JvmFlags.missing(opened -> false, exported -> false)) {
            flags.addAll(List.of(flag.split(" ")));
        }

        assertThat(openElsewhere(flags.toArray(String[]::new))).isEqualTo("opened by n1");
    }

    /** Opens the directory in a process of its own; what it says about it. */
    private String openElsewhere(String... flags) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(flags));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), OpenElsewhere.class.getName()));
        command.add(directory.toString());
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        assertThat(process.waitFor(Logs.SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
        return said.lines().reduce((first, last) -> last).orElse("");
    }
}
