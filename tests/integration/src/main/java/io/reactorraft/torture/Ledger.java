package io.reactorraft.torture;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** Every finished run adds a line: which commit of the stores, which campaign, from which seeds, how long, what came out. */
final class Ledger {
    private static final String HEAD = "commit\tcampaign\tseeds\tcount\tminutes\tresult\n";
    private static final long GIT_SECONDS = 10;

    private final Path file;

    Ledger(Path file) {
        this.file = file;
    }

    void append(Campaign campaign, long seed, double minutes, String result) throws IOException {
        if (Files.notExists(file) || Files.size(file) == 0) {
            write(HEAD);
        }
        write(String.join(
                        "\t",
                        commitOf(campaign.touches()),
                        campaign.name(),
                        seed + ".." + campaign.lastSeed(seed),
                        Long.toString(campaign.count()),
                        String.format(Locale.ROOT, "%.1f", minutes),
                        result)
                + "\n");
    }

    private void write(String text) throws IOException {
        Files.writeString(file, text, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    /** The last commit that touched what is tortured; with a plus where the working tree differs from it. */
    private static String commitOf(List<String> paths) {
        String commit = git(List.of("log", "-1", "--format=%h", "--"), paths);
        String changes = git(List.of("status", "--porcelain", "--"), paths);
        return commit.isEmpty() ? "unknown" : commit + (changes.isEmpty() ? "" : "+");
    }

    private static String git(List<String> arguments, List<String> paths) {
        List<String> command = new ArrayList<>(List.of("git"));
        command.addAll(arguments);
        command.addAll(paths);
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
