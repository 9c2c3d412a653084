package io.reactorraft.torture;

import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code kill}: see {@link KillCampaign}. */
@Command(
        name = "kill",
        description = "SIGKILL at any moment of the stores' life; everything acknowledged must be there afterwards.",
        mixinStandardHelpOptions = true)
final class KillCommand implements Callable<Integer> {

    @Mixin
    private CampaignOptions options = new CampaignOptions();

    @Option(names = "--times", required = true, paramLabel = "N", description = "how many kills")
    private int times;

    @Override
    public Integer call() throws IOException, InterruptedException {
        return options.run(times, work -> new KillCampaign(work, times));
    }
}
