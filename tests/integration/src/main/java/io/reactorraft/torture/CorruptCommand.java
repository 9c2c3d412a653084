package io.reactorraft.torture;

import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code corrupt}: see {@link CorruptCampaign}. */
@Command(
        name = "corrupt",
        description =
                "Injured files: the stores start with all there, or refuse by name and offset; never a silent loss.",
        mixinStandardHelpOptions = true)
final class CorruptCommand implements Callable<Integer> {

    @Mixin
    private CampaignOptions options = new CampaignOptions();

    @Option(names = "--cases", required = true, paramLabel = "N", description = "how many injuries")
    private int cases;

    @Override
    public Integer call() throws IOException, InterruptedException {
        return options.run(cases, work -> new CorruptCampaign(work, cases));
    }
}
