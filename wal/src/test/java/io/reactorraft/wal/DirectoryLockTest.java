package io.reactorraft.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.reactorraft.spi.StartRefusedException.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who has a directory is the kernel's to say; what {@code wal.lock} says is for people. */
class DirectoryLockTest {

    @TempDir
    Path directory;

    @Test
    void aDirectoryThatALiveProcessHasIsRefused() throws Exception {
        ChronicleLogStore store = Logs.open(directory);

        assertThat(openElsewhere())
                .startsWith("LOCKED " + directory + " is in use by process "
                        + ProcessHandle.current().pid() + " on ")
                .endsWith("; stop it, or use another directory");
        Logs.close(store);
    }

    /** Containers have process ids of their own, where the number that the file names may be anybody's. */
    @Test
    void aProcessOfAnotherContainerIsRefusedToo() throws Exception {
        String[] container = {"unshare", "--pid", "--fork", "--uts"};
        assumeTrue(ends(0, "unshare", "--pid", "--fork", "--uts", "true"), "needs the right to make namespaces");
        ChronicleLogStore store = Logs.open(directory);

        assertThat(openElsewhere(container)).startsWith("LOCKED " + directory);
        Logs.close(store);
        assertThat(openElsewhere(container)).isEqualTo("opened by n1");
    }

    @Test
    void aFileThatNamesALiveProcessIsNoLock() throws IOException {
        Files.writeString(
                directory.resolve(DirectoryLock.FILE), ProcessHandle.current().pid() + " on this host\n");

        Logs.close(Logs.open(directory));
    }

    @Test
    void aProcessThatIsRefusedLeavesTheFileAsItWas() throws Exception {
        Logs.close(Logs.open(directory));
        Path file = directory.resolve(DirectoryLock.FILE);
        Files.writeString(file, "the last owner\n");

        Logs.assertRefused(
                Kind.FOREIGN,
                directory.toString(),
                () -> new ChronicleLogStore(Logs.SMALL)
                        .open(directory, "c1", "another")
                        .block(Logs.SOON));

        assertThat(file).hasContent("the last owner\n");
    }

    private static boolean ends(int with, String... command) throws InterruptedException {
        try {
            return new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == with;
        } catch (IOException notThere) {
            return false;
        }
    }

    /** Opens the directory in a process of its own; what it says about it. */
    private String openElsewhere(String... within) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(within));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        for (String flag : JvmFlags.missing(opened -> false, exported -> false)) {
            command.addAll(List.of(flag.split(" ")));
        }
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
