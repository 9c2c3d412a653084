package io.reactorraft.benchmarks;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The log alone, beside a plain file. */
@Command(
        name = "log",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Appends batches to the log and to a plain preallocated file, in turns of a tenth of a second, and reads a log "
                    + "back.",
            ""
        })
final class LogCommand implements Callable<Integer> {
    private static final int MAX_ENTRIES = 4_096;

    @Option(
            names = "--entries",
            split = ",",
            paramLabel = "N",
            defaultValue = "1,8,64,512",
            description = "Entries in a batch (default: ${DEFAULT-VALUE}).")
    private List<Integer> entries = List.of();

    @Option(names = "--size", defaultValue = "256", description = "Bytes of an entry (default: ${DEFAULT-VALUE}).")
    private int size;

    @Option(
            names = "--seconds",
            defaultValue = "10",
            description = "How long each is measured (default: ${DEFAULT-VALUE}).")
    private int seconds;

    @Option(
            names = "--read-back",
            paramLabel = "MIB",
            defaultValue = "1024",
            description = "How large a log is opened; 0: none (default: ${DEFAULT-VALUE}).")
    private int readBack;

    @Option(names = "--dir", defaultValue = "build/log", description = "Where (default: ${DEFAULT-VALUE}).")
    private Path directory = Path.of("");

    @Spec
    private CommandSpec spec = CommandSpec.create();

    private final PrintStream out;

    LogCommand(PrintStream out) {
        this.out = out;
    }

    @Override
    public Integer call() {
        require(
                entries.stream().allMatch(each -> each >= 1 && each <= MAX_ENTRIES),
                "--entries must be 1 to " + MAX_ENTRIES);
        require(size >= 1 && size <= 1 << 20, "--size must be 1 to 1048576");
        require(seconds >= 1 && seconds <= 3_600, "--seconds must be 1 to 3600");
        require(readBack >= 0 && readBack <= 16_384, "--read-back must be 0 to 16384");
        RunDirectory run = RunDirectory.create(directory, false);
        try {
            out.println("disk=" + ClusterRun.fileSystem(run.path()) + " jdk="
                    + Runtime.version().feature() + " size=" + size);
            LogComparison comparison = new LogComparison(run.path(), size);
            for (int batch : entries) {
                out.println(comparison.run(batch, Duration.ofSeconds(seconds)).text());
            }
            if (readBack > 0) {
                out.println(LogReadBack.run(run.path(), size, readBack));
            }
        } catch (IOException failed) {
            throw new BenchmarkException("cannot write to " + run.path(), failed);
        } finally {
            run.end();
        }
        return 0;
    }

    private void require(boolean valid, String rule) {
        if (!valid) {
            throw new ParameterException(spec.commandLine(), rule);
        }
    }
}
