package io.reactorraft.simulation;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Long campaigns stop and go on: each run adds a line, and lines of one commit of the core add up. */
final class Ledger {
    private static final String HEAD = "core\truntime\tmode\tlayers\tseeds\tminutes\tevents\tresult\n";
    private static final long GIT_SECONDS = 10;
    private static final String RUNTIME = "reactor-raft/src/main";
    private static final String[] CORE = {RUNTIME + "/java/io/reactorraft/core", RUNTIME + "/java/io/reactorraft/quorum"
    };

    private final Path file;

    Ledger(Path file) {
        this.file = file;
    }

    void append(Campaign campaign, String mode, List<Layer> layers, SeedRange seeds, Duration took) throws IOException {
        if (Files.notExists(file) || Files.size(file) == 0) {
            write(HEAD);
        }
        String minutes = String.format(Locale.ROOT, "%.1f", took.toMillis() / 60_000.0);
        String result = campaign.holds() ? "none violated" : campaign.violations() + " violations";
        write(String.join(
                        "\t",
                        commitOfCore(),
                        lastCommitOf(RUNTIME),
                        mode,
                        String.join("+", layers.stream().map(Layer::toString).toList()),
                        seeds.toString(),
                        minutes,
                        Long.toString(campaign.events()),
                        result)
                + "\n");
    }

    private void write(String text) throws IOException {
        Files.writeString(file, text, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    /** The last commit that touched the core. */
    static String commitOfCore() {
        return lastCommitOf(CORE);
    }

    /** The last commit that touched these sources; with a plus where the working tree differs from it. */
    private static String lastCommitOf(String... sources) {
        String commit = git(Stream.concat(Stream.of("log", "-1", "--format=%h", "--"), Stream.of(sources))
                .toArray(String[]::new));
        String changes = git(Stream.concat(Stream.of("status", "--porcelain", "--"), Stream.of(sources))
                .toArray(String[]::new));
        return commit.isEmpty() ? "unknown" : commit + (changes.isEmpty() ? "" : "+");
    }

    private static String git(String... arguments) {
        List<String> command = new java.util.ArrayList<>(List.of("git"));
        command.addAll(List.of(arguments));
        try {
            Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            return process.waitFor(GIT_SECONDS, TimeUnit.SECONDS) && process.exitValue() == 0 ? printed : "";
        } catch (IOException noGit) {
            return "";
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return "";
        }
    }
}
