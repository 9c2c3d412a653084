package io.reactorraft.simulation;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code conformance PATH…}: runs scripts and compares what they print, to the letter. */
@Command(
        name = "conformance",
        description = "Runs the scripts in files, folders and zips; the last line is 'N passed, M failed'.",
        mixinStandardHelpOptions = true)
final class ConformanceCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(arity = "1..*", paramLabel = "PATH", description = "a script, a folder, a zip, or ZIP!ENTRY")
    private List<String> paths = List.of();

    private int passed;
    private int failed;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        for (String path : paths) {
            try {
                int before = passed + failed;
                ScriptFiles.forEach(path, file -> run(file, out));
                if (passed + failed == before) {
                    err.println("conformance: " + path + ": no script in it");
                    return ExitCode.USAGE;
                }
            } catch (IOException e) {
                err.println("conformance: cannot read " + path + ": " + e.getMessage());
                return ExitCode.USAGE;
            }
        }
        out.println(passed + " passed, " + failed + " failed");
        return failed == 0 ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    private void run(ScriptFile file, PrintWriter out) {
        Optional<String> failure = ScriptRunner.run(file);
        if (failure.isEmpty()) {
            passed++;
            return;
        }
        failed++;
        out.println(failure.get());
        out.println("  replay: " + SimulationMain.REPLAY + "conformance '" + file.name() + "'");
    }
}
