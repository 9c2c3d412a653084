package io.reactorraft.torture;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What all campaigns are asked for, and how they are run. */
final class CampaignOptions {

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--seed", required = true, description = "of the first; the following count on from it")
    private long seed;

    @Option(
            names = "--directory",
            paramLabel = "DIR",
            description = "where to work; a temporary one that is removed, unless given or something fails")
    private @Nullable Path directory;

    @Option(
            names = "--ledger",
            paramLabel = "FILE",
            description = "a line is added to it; unless given, tests/integration/ledger.tsv, where that is")
    private @Nullable Path ledger;

    /** Runs a campaign of that many blows and says how it went. */
    int run(int count, Function<Path, Campaign> campaigns) throws IOException, InterruptedException {
        if (count < 1) {
            throw new ParameterException(spec.commandLine(), "at least 1, got " + count);
        }
        PrintWriter out = spec.commandLine().getOut();
        Progress progress = new Progress(out);
        Path given = directory;
        Path work = given == null ? Files.createTempDirectory("torture-") : Files.createDirectories(given);
        Campaign campaign = campaigns.apply(work);
        String result;
        int exit = ExitCode.OK;
        try {
            campaign.run(seed, progress);
            result = campaign.summary();
            exit = campaign.counts() ? ExitCode.OK : ExitCode.SOFTWARE;
            if (given == null) {
                Directories.delete(work);
            }
        } catch (Campaign.Failure failure) {
            out.println("VIOLATION: " + failure.getMessage());
            result = "VIOLATION "
                    + String.valueOf(failure.getMessage()).lines().findFirst().orElse("");
            exit = ExitCode.SOFTWARE;
        }
        Path file = ledger == null ? Path.of("tests", "integration", "ledger.tsv") : ledger;
        if (ledger != null || Files.isDirectory(Path.of("tests", "integration"))) {
            new Ledger(file).append(campaign, seed, progress.minutes(), result);
        }
        progress.say(result);
        return exit;
    }
}
