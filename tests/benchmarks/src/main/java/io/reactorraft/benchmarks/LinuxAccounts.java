package io.reactorraft.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The kernel's own accounts of processes and of the machine, read from {@code /proc}: measured from outside, alike for
 * every system.
 *
 * <p>Where there is no such file system (not Linux) every number is NaN and {@link #available} says so. A process that
 * has ended is an error, not a zero.
 */
final class LinuxAccounts {

    /** What one jiffy of {@code /proc} is, on every Linux that Java runs on (USER_HZ). */
    static final double SECONDS_PER_TICK = 0.01;

    private final Path proc;

    LinuxAccounts() {
        this(Path.of("/proc"));
    }

    LinuxAccounts(Path proc) {
        this.proc = proc;
    }

    boolean available() {
        return Files.isReadable(proc.resolve("stat"));
    }

    /** User and system CPU seconds of a live process since its start, all threads. */
    double cpuSeconds(long pid) {
        if (!available()) {
            return Double.NaN;
        }
        String stat = String.join("\n", read(proc.resolve(Long.toString(pid)).resolve("stat")));
        // the second field is the program's name in parentheses, and may itself hold spaces and parentheses
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * SECONDS_PER_TICK;
    }

    /** The most memory a live process ever had resident (VmHWM), in MiB. */
    double peakResidentMb(long pid) {
        if (!available()) {
            return Double.NaN;
        }
        return kilobytes(pid, "VmHWM:") / 1024.0;
    }

    /** The memory that a live process has resident (VmRSS); 0 where there is no {@code /proc}. */
    long residentBytes(long pid) {
        return available() ? kilobytes(pid, "VmRSS:") << 10 : 0;
    }

    private long kilobytes(long pid, String name) {
        Path status = proc.resolve(Long.toString(pid)).resolve("status");
        return read(status).stream()
                .filter(line -> line.startsWith(name))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow(() -> new BenchmarkException(status + " has no " + name + " has the process ended?"));
    }

    /** CPU seconds of the whole machine since boot. */
    MachineCpu machine() {
        if (!available()) {
            return new MachineCpu(Double.NaN, Double.NaN);
        }
        String[] fields = read(proc.resolve("stat")).get(0).strip().split("\\s+", -1);
        double busy = 0;
        for (int field : new int[] {1, 2, 3, 6, 7}) { // user, nice, system, irq, softirq
            busy += Long.parseLong(fields[field]) * SECONDS_PER_TICK;
        }
        return new MachineCpu(busy, Long.parseLong(fields[8]) * SECONDS_PER_TICK);
    }

    private static List<String> read(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException failed) {
            throw new BenchmarkException("cannot read " + file, failed);
        }
    }

    /**
     * CPU time of the machine.
     *
     * @param busySeconds worked by any process or the kernel
     * @param stolenSeconds taken by the hypervisor for others
     */
    record MachineCpu(double busySeconds, double stolenSeconds) {}
}
