package io.reactorraft.torture;

import io.reactorraft.spi.StartRefusedException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;

/**
 * {@code drive}: the process that is tortured. It opens the stores, tells what it found, and then tells every call before it
 * is made and after it was acknowledged, a line each. It ends when its standard input does, so that none is left over.
 */
@Command(name = "drive", hidden = true, description = "The process that is tortured.", mixinStandardHelpOptions = true)
final class DriveCommand implements Callable<Integer> {
    private static final Duration OPEN = Duration.ofSeconds(60);

    @Option(names = "--directory", required = true)
    private Path directory = Path.of(".");

    @Option(names = "--seed", required = true)
    private long seed;

    @Option(names = "--operations", description = "0: only open, tell what is there, and close")
    private long operations = Long.MAX_VALUE;

    @Option(names = "--fault", description = "what is broken on purpose: ${COMPLETION-CANDIDATES}")
    private Fault fault = Fault.NONE;

    @Override
    public Integer call() throws InterruptedException {
        endWithInput();
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        Telling telling = new Telling(out);
        telling.tell("opening");
        try (Stores stores = Stores.open(directory, OPEN, fault)) {
            List<Found> found = stores.read(OPEN, telling::tell);
            found.forEach(each -> telling.tell("found " + each.line()));
            telling.tell("opened");
            new Driver(stores, found, seed, telling::tell).run(operations);
            telling.tell("closing");
        } catch (StartRefusedException refused) {
            telling.tell("refused " + refused.kind() + " " + refused.getMessage());
            return ExitCode.SOFTWARE;
        }
        telling.tell("closed");
        return ExitCode.OK;
    }

    private static void endWithInput() {
        Thread watcher = new Thread(
                () -> {
                    try {
                        while (System.in.read() >= 0) {
                            // nothing is said to this process
                        }
                    } catch (IOException gone) {
                        // as good as its end
                    }
                    Runtime.getRuntime().halt(ExitCode.SOFTWARE);
                },
                "torture-input");
        watcher.setDaemon(true);
        watcher.start();
    }

    /** Whole lines, each at once, from any thread. */
    record Telling(PrintStream out) {
        void tell(String line) {
            synchronized (out) {
                out.append(line).append('\n').flush();
            }
        }
    }
}
