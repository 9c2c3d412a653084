package io.reactorraft.benchmarks;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Whether a log that is written to for a long time takes ever more of anything. */
@Command(
        name = "soak",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Writes to a log, with rolls, marks and compactions, and watches what this process takes: memory mapped and "
                    + "resident, file handles, threads, disk. Exits with 1 where the last third took more than the second.",
            ""
        })
final class SoakCommand implements Callable<Integer> {
    private static final int BATCH = 16;
    private static final double GROWTH = 1.1;

    @Option(names = "--minutes", defaultValue = "30", description = "How long (default: ${DEFAULT-VALUE}).")
    private int minutes;

    @Option(names = "--size", defaultValue = "4096", description = "Bytes of an entry (default: ${DEFAULT-VALUE}).")
    private int size;

    @Option(names = "--dir", defaultValue = "build/soak", description = "Where (default: ${DEFAULT-VALUE}).")
    private Path directory = Path.of("");

    private final PrintStream out;

    SoakCommand(PrintStream out) {
        this.out = out;
    }

    /** What the process takes at one moment. */
    private record Level(double mappedMb, double residentMb, double handles, double threads, double diskMb) {
        String text(long seconds, long entries) {
            return String.format(
                    Locale.ROOT,
                    "seconds=%d entries=%d mappedMb=%.0f residentMb=%.0f handles=%.0f threads=%.0f diskMb=%.0f",
                    seconds,
                    entries,
                    mappedMb,
                    residentMb,
                    handles,
                    threads,
                    diskMb);
        }
    }

    @Override
    public Integer call() {
        RunDirectory run = RunDirectory.create(directory, false);
        try (TidyLog log = new TidyLog(run.path(), size)) {
            return judge(soak(log, run.path())) ? 0 : 1;
        } catch (IOException failed) {
            throw new BenchmarkException("cannot watch " + run.path(), failed);
        } finally {
            run.end();
        }
    }

    private List<Level> soak(TidyLog log, Path path) throws IOException {
        List<Level> levels = new ArrayList<>();
        long began = System.nanoTime();
        long total = Duration.ofMinutes(minutes).toNanos();
        long between = Math.max(total / 60, 1);
        long entries = 0;
        for (long now = 0; now < total; now = System.nanoTime() - began) {
            log.append(log.batch(BATCH));
            entries += BATCH;
            log.tidy();
            if (now / between > levels.size()) {
                Level level = level(path);
                levels.add(level);
                out.println(level.text(Duration.ofNanos(now).toSeconds(), entries));
            }
        }
        return levels;
    }

    private boolean judge(List<Level> levels) {
        return isFlat("mapped", levels, Level::mappedMb)
                & isFlat("resident", levels, Level::residentMb)
                & isFlat("handles", levels, Level::handles)
                & isFlat("threads", levels, Level::threads)
                & isFlat("disk", levels, Level::diskMb);
    }

    /** The first third is for warming up; a log rises and falls with each compaction, so the highest points count. */
    private boolean isFlat(String what, List<Level> levels, ToDoubleFunction<Level> of) {
        int third = levels.size() / 3;
        double second = highest(levels.subList(third, 2 * third), of);
        double last = highest(levels.subList(2 * third, levels.size()), of);
        boolean flat = last <= second * GROWTH + 1;
        out.println(String.format(
                Locale.ROOT,
                "%s: %.0f in the second third, %.0f in the last: %s",
                what,
                second,
                last,
                flat ? "flat" : "GROWS"));
        return flat;
    }

    private static double highest(List<Level> levels, ToDoubleFunction<Level> of) {
        return levels.stream().mapToDouble(of).max().orElse(0);
    }

    private static Level level(Path path) throws IOException {
        double mapped = 0;
        for (String map : Files.readAllLines(Path.of("/proc/self/maps"))) {
            if (map.contains(path.toString())) {
                String[] range = map.substring(0, map.indexOf(' ')).split("-", 2);
                mapped += Long.parseUnsignedLong(range[1], 16) - Long.parseUnsignedLong(range[0], 16);
            }
        }
        double resident = 0;
        double threads = 0;
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmRSS:")) {
                resident = Long.parseLong(line.replaceAll("\\D", "")) / 1024.0;
            } else if (line.startsWith("Threads:")) {
                threads = Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        try (Stream<Path> handles = Files.list(Path.of("/proc/self/fd"))) {
            return new Level(mapped / (1 << 20), resident, handles.count(), threads, diskMb(path));
        }
    }

    private static double diskMb(Path path) throws IOException {
        try (Stream<Path> files = Files.walk(path)) {
            double bytes = 0;
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                bytes += Files.size(file);
            }
            return bytes / (1 << 20);
        }
    }
}
