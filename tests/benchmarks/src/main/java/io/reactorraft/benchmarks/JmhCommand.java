package io.reactorraft.benchmarks;

import java.util.List;
import java.util.concurrent.Callable;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The small benchmarks: what one step costs, without a cluster around it. */
@Command(
        name = "jmh",
        mixinStandardHelpOptions = true,
        description = {"Runs the JMH benchmarks whose names match.", ""})
final class JmhCommand implements Callable<Integer> {

    @Parameters(
            index = "0",
            paramLabel = "REGEX",
            defaultValue = ".*",
            description = "Which of them (default: ${DEFAULT-VALUE}).")
    private String regex = "";

    @Option(names = "--list", description = "Name them, and run none.")
    private boolean list;

    @Option(
            names = "--profile",
            paramLabel = "NAME",
            description = "A profiler of JMH to run beside, for instance gc for bytes allocated.")
    private List<String> profilers = List.of();

    @Override
    public Integer call() throws RunnerException {
        ChainedOptionsBuilder options =
                new OptionsBuilder().include(regex).jvmArgsAppend(ClusterPlan.MAPPING_FLAGS.toArray(String[]::new));
        for (String profiler : profilers) {
            options.addProfiler(profiler);
        }
        Runner runner = new Runner(options.build());
        if (list) {
            runner.list();
        } else {
            runner.run();
        }
        return 0;
    }
}
