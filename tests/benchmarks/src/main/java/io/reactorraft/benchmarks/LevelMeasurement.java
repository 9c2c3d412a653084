package io.reactorraft.benchmarks;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The kernel's accounts of the processes and of the disk, taken at both ends of the measured window; what lies between
 * is divided by the operations.
 */
final class LevelMeasurement {
    private final LinuxAccounts accounts;
    private final List<Long> pids;
    private final @Nullable BlockDevice device;

    LevelMeasurement(LinuxAccounts accounts, List<Long> pids, Optional<BlockDevice> device) {
        this.accounts = accounts;
        this.pids = List.copyOf(pids);
        this.device = device.orElse(null);
    }

    Sample sample() {
        double[] cpu = pids.stream().mapToDouble(accounts::cpuSeconds).toArray();
        return new Sample(System.nanoTime(), sum(cpu), accounts.machine(), device == null ? null : device.work());
    }

    /** The driver's result and what the kernel says of it, under the yardstick's keys. */
    ResultLine line(ResultLine result, Sample before, Sample after) {
        double operations = result.number("ops");
        double wall = (after.nanos - before.nanos) / 1e9;
        double cpu = after.cpuSeconds - before.cpuSeconds;
        double machine = after.machine.busySeconds() - before.machine.busySeconds();
        double[] resident = pids.stream().mapToDouble(accounts::peakResidentMb).toArray();
        ResultLine line = ResultLine.empty()
                .with("opsPerSec", operations / result.number("secs"), 0)
                .with(result.without("ops").without("secs"))
                .with("cpuSecPerKop", cpu / operations * 1000, 4)
                .with("cores", cpu / wall, 2)
                .with("rssSumMb", sum(resident), 0)
                .with("rssMaxMb", max(resident), 0);
        return withDisk(line, before.disk, after.disk, operations)
                .with("foreignCores", (machine - cpu) / wall, 3)
                .with("stealCores", (after.machine.stolenSeconds() - before.machine.stolenSeconds()) / wall, 3);
    }

    private static ResultLine withDisk(
            ResultLine line, BlockDevice.@Nullable Work before, BlockDevice.@Nullable Work after, double operations) {
        double flushes = Double.NaN;
        double writes = Double.NaN;
        double kilobytes = Double.NaN;
        if (before != null && after != null) {
            flushes = (after.flushes() - before.flushes()) / operations;
            writes = (after.writes() - before.writes()) / operations;
            kilobytes = (after.sectorsWritten() - before.sectorsWritten()) / 2.0 / operations;
        }
        return line.with("devFlushPerOp", flushes, 4)
                .with("devWritesPerOp", writes, 4)
                .with("devKbPerOp", kilobytes, 3);
    }

    private static double sum(double[] values) {
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        return sum;
    }

    private static double max(double[] values) {
        double max = Double.NaN;
        for (double value : values) {
            max = Double.isNaN(max) || value > max ? value : max;
        }
        return max;
    }

    /**
     * The accounts at one moment.
     *
     * @param disk null: the directory is on no disk whose flushes are counted
     */
    record Sample(long nanos, double cpuSeconds, LinuxAccounts.MachineCpu machine, BlockDevice.@Nullable Work disk) {}
}
