package io.reactorraft.torture;

import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code power-loss}: see {@link PowerLossCampaign}. */
@Command(
        name = "power-loss",
        description = "A disk that loses power under load; everything acknowledged must be on it. Needs root.",
        mixinStandardHelpOptions = true)
final class PowerLossCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private CampaignOptions options = new CampaignOptions();

    @Option(names = "--images", required = true, paramLabel = "N", description = "how many losses of power")
    private int images;

    @Option(
            names = "--see",
            paramLabel = "M",
            defaultValue = "10",
            description =
                    "first, images of stores that skip syncs, of which nine in ten must be seen to lose something;"
                            + " ${DEFAULT-VALUE} unless given, 0: none")
    private int imagesToSee;

    @Override
    public Integer call() throws IOException, InterruptedException {
        String whyNot = LoopImage.whyNot();
        if (!whyNot.isEmpty()) {
            spec.commandLine().getErr().println(whyNot);
            return ExitCode.SOFTWARE;
        }
        return options.run(images, work -> new PowerLossCampaign(work, images, imagesToSee));
    }
}
