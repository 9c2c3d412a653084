package io.reactorraft.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LevelMeasurementTest {
    private static final ResultLine RESULT = ResultLine.parse("ops=2000 secs=0.500 errors=0 p50=9.0");

    @TempDir
    Path proc;

    @BeforeEach
    void twoProcesses() throws IOException {
        Files.createDirectory(proc.resolve("1"));
        Files.createDirectory(proc.resolve("2"));
        Files.writeString(proc.resolve("1/status"), "VmHWM: 102400 kB\n");
        Files.writeString(proc.resolve("2/status"), "VmHWM: 204800 kB\n");
        worked(100, 200, 1_000);
        flushed(10, 100, 1_000);
    }

    @Test
    void whatLiesBetweenTheSamplesIsDividedByTheOperations() throws IOException {
        LevelMeasurement measurement = measurement(disk());
        LevelMeasurement.Sample before = measurement.sample();
        worked(150, 250, 1_200);
        flushed(60, 500, 5_000);
        ResultLine line = measurement.line(RESULT, before, measurement.sample());
        assertThat(line.text("opsPerSec")).isEqualTo("4000");
        assertThat(line.text("cpuSecPerKop")).as("1 s for 2000").isEqualTo("0.5000");
        assertThat(line.text("rssSumMb")).isEqualTo("300");
        assertThat(line.text("rssMaxMb")).isEqualTo("200");
        assertThat(line.text("devFlushPerOp")).as("50 for 2000").isEqualTo("0.0250");
        assertThat(line.text("devWritesPerOp")).isEqualTo("0.2000");
        assertThat(line.text("devKbPerOp")).as("4000 sectors of 512 B for 2000").isEqualTo("1.000");
        assertThat(line.number("foreignCores"))
                .as("the machine worked 2 s, 1 s of it for us")
                .isPositive();
        assertThat(line.text("ops")).isEqualTo("-");
        assertThat(line.text("p50")).isEqualTo("9.0");
    }

    @Test
    void withoutADiskThereAreNoFlushesToCount() {
        LevelMeasurement measurement = measurement(Optional.empty());
        ResultLine line = measurement.line(RESULT, measurement.sample(), measurement.sample());
        assertThat(line.text("devFlushPerOp")).isEqualTo("NaN");
        assertThat(line.text("devWritesPerOp")).isEqualTo("NaN");
        assertThat(line.text("devKbPerOp")).isEqualTo("NaN");
        assertThat(line.text("cpuSecPerKop")).isEqualTo("0.0000");
    }

    @Test
    void withoutOperationsNothingIsPerOperation() {
        LevelMeasurement measurement = measurement(disk());
        ResultLine line = measurement.line(
                ResultLine.parse("ops=0 secs=0.500 errors=7"), measurement.sample(), measurement.sample());
        assertThat(line.text("opsPerSec")).isEqualTo("0");
        assertThat(line.number("cpuSecPerKop")).isNaN();
        assertThat(line.number("devFlushPerOp")).isNaN();
    }

    private LevelMeasurement measurement(Optional<BlockDevice> disk) {
        return new LevelMeasurement(new LinuxAccounts(proc), List.of(1L, 2L), disk);
    }

    private Optional<BlockDevice> disk() {
        try {
            return BlockDevice.numbered("8:0", proc.resolve("diskstats"), proc);
        } catch (IOException failed) {
            throw new AssertionError(failed);
        }
    }

    private void worked(long first, long second, long machine) throws IOException {
        Files.writeString(proc.resolve("1/stat"), "1 (java) S 1 1 1 0 -1 0 9 0 0 0 " + first + " 0 0 0 20 0 3 0 1\n");
        Files.writeString(proc.resolve("2/stat"), "2 (java) S 1 1 1 0 -1 0 9 0 0 0 0 " + second + " 0 0 20 0 3 0 1\n");
        Files.writeString(proc.resolve("stat"), "cpu  " + machine + " 0 0 90000 400 0 0 0 0 0\n");
    }

    private void flushed(long flushes, long writes, long sectors) throws IOException {
        Files.writeString(
                proc.resolve("diskstats"),
                "   8       0 sda 11 0 90 1 " + writes + " 3 " + sectors + " 9 0 8 10 0 0 0 0 " + flushes + " 2\n");
    }
}
