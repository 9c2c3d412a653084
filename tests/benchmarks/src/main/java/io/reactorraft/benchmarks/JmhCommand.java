package io.reactorraft.benchmarks;

import java.util.concurrent.Callable;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
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

    @Override
    public Integer call() throws RunnerException {
        Options options = new OptionsBuilder()
                .include(regex)
                .jvmArgsAppend(ClusterPlan.MAPPING_FLAGS.toArray(String[]::new))
                .build();
        Runner runner = new Runner(options);
        if (list) {
            runner.list();
        } else {
            runner.run();
        }
        return 0;
    }
}
