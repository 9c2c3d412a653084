package io.reactorraft.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LinuxAccountsTest {

    @TempDir
    Path proc;

    @BeforeEach
    void aMachineWithOneProcess() throws IOException {
        Files.writeString(proc.resolve("stat"), """
                cpu  1000 20 300 90000 400 5 60 7 0 0
                cpu0 500 10 150 45000 200 2 30 3 0 0
                """);
        Files.createDirectory(proc.resolve("42"));
    }

    @Test
    void cpuOfAProcessIsItsUserAndSystemTime() throws IOException {
        Files.writeString(
                proc.resolve("42/stat"),
                "42 (java) S 1 42 42 0 -1 4194560 9 0 0 0 1234 66 0 0 20 0 30 0 100 99 88 18446744073709551615\n");
        assertThat(new LinuxAccounts(proc).cpuSeconds(42)).isCloseTo(13.00, within(1e-9));
    }

    @Test
    void aProgramsNameMayHoldSpacesAndParentheses() throws IOException {
        Files.writeString(
                proc.resolve("42/stat"), "42 (a (b) c) d) R 1 42 42 0 -1 0 9 0 0 0 100 50 0 0 20 0 30 0 1 2 3\n");
        assertThat(new LinuxAccounts(proc).cpuSeconds(42)).isCloseTo(1.50, within(1e-9));
    }

    @Test
    void peakMemoryIsTheHighWaterMarkInMebibytes() throws IOException {
        Files.writeString(
                proc.resolve("42/status"), "Name:\tjava\nVmPeak:\t 9999999 kB\nVmHWM:\t  262144 kB\nVmRSS:\t 100 kB\n");
        assertThat(new LinuxAccounts(proc).peakResidentMb(42)).isEqualTo(256.0);
    }

    @Test
    void theMachineIsBusyWhereItDoesNotIdleOrWait() {
        LinuxAccounts.MachineCpu cpu = new LinuxAccounts(proc).machine();
        assertThat(cpu.busySeconds()).isCloseTo((1000 + 20 + 300 + 5 + 60) / 100.0, within(1e-9));
        assertThat(cpu.stolenSeconds()).isCloseTo(0.07, within(1e-9));
    }

    @Test
    void aProcessThatHasEndedIsAnErrorThatNamesIt() throws IOException {
        assertThatThrownBy(() -> new LinuxAccounts(proc).cpuSeconds(4711))
                .isInstanceOf(BenchmarkException.class)
                .hasMessageContaining("4711");
        Files.writeString(proc.resolve("42/status"), "Name:\tjava\nState:\tZ (zombie)\n");
        assertThatThrownBy(() -> new LinuxAccounts(proc).peakResidentMb(42))
                .isInstanceOf(BenchmarkException.class)
                .hasMessageContaining("has the process ended");
    }

    @Test
    void whereThereIsNoSuchFileSystemEveryNumberIsNotANumber() {
        LinuxAccounts elsewhere = new LinuxAccounts(proc.resolve("absent"));
        assertThat(elsewhere.available()).isFalse();
        assertThat(elsewhere.cpuSeconds(42)).isNaN();
        assertThat(elsewhere.peakResidentMb(42)).isNaN();
        assertThat(elsewhere.machine().busySeconds()).isNaN();
        assertThat(elsewhere.machine().stolenSeconds()).isNaN();
    }
}
