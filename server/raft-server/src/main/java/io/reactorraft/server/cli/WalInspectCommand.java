package io.reactorraft.server.cli;

import io.reactorraft.wal.LogInspection;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code wal inspect} and {@code wal verify}: the one shows all there is, the other says in a line whether a node would
 * start with it. Both name file and offset where it would not, on standard error, and exit with 1.
 */
final class WalInspectCommand implements Callable<Integer> {

    private final boolean showAll;
    private final PrintStream out;
    private final PrintStream err;

    @Option(names = "--data-dir", paramLabel = "DIR", required = true, description = "The node's data directory.")
    private @Nullable Path dataDir;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            defaultValue = "table",
            description = "table or json. Default: ${DEFAULT-VALUE}.")
    private String output = "table";

    @Spec
    private CommandSpec spec = CommandSpec.create();

    WalInspectCommand(boolean showAll, PrintStream out, PrintStream err) {
        this.showAll = showAll;
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() throws IOException {
        String format = output.toLowerCase(Locale.ROOT);
        if (dataDir == null || !(format.equals("table") || format.equals("json"))) {
            throw new ParameterException(spec.commandLine(), "-o " + output + " is neither table nor json");
        }
        LogInspection found = LogInspection.of(dataDir);
        if (format.equals("json")) {
            out.println(showAll ? WalReport.json(found) : WalReport.verdict(found));
        } else {
            out.print(showAll ? WalReport.table(found) : WalReport.line(found));
        }
        if (found.damage() != null) {
            err.println(spec.qualifiedName() + ": " + found.damage());
            return ExitCode.REFUSED;
        }
        return ExitCode.DONE;
    }
}
