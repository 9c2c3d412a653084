package io.reactorraft.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ResultTableTest {
    private static final ResultLine OURS =
            ResultLine.parse("peer=reactor-raft disk=ext4 conc=64 opsPerSec=20000 errors=0"
                    + " p50=2500.4 p99=8000.0 p999=12345.6 cpuSecPerKop=0.0500 cores=1.00 rssSumMb=900 devFlushPerOp=0.0250"
                    + " foreignCores=0.020 firstError=-");
    private static final ResultLine THEIRS = ResultLine.parse("peer=other disk=ext4 conc=64 opsPerSec=8000 errors=3"
            + " p50=7000.0 p99=16000.0 p999=20000.0 cpuSecPerKop=0.1000 cores=0.80 rssSumMb=600 devFlushPerOp=0.0800"
            + " foreignCores=0.250 firstError=timeout");
    private static final ResultLine NO_DISK = ResultLine.parse("peer=reactor-raft disk=tmpfs conc=1 opsPerSec=9000"
            + " errors=0 p50=100.0 p99=200.0 p999=300.0 cpuSecPerKop=NaN cores=NaN rssSumMb=NaN devFlushPerOp=NaN"
            + " foreignCores=NaN firstError=-");

    @Test
    void columnsLineUp() {
        assertThat(ResultTable.of(List.of(OURS, THEIRS, NO_DISK)).lines())
                .containsExactly(
                        "peer          in flight  ops/s  p50 ms  p99 ms  p99.9 ms  CPU s/1000  cores  RSS MiB  flushes/op  errors  foreign",
                        "reactor-raft         64  20000    2.50    8.00     12.35      0.0500   1.00      900      0.0250       0     0.02",
                        "other                64   8000    7.00   16.00     20.00      0.1000   0.80      600      0.0800       3     0.25",
                        "reactor-raft          1   9000    0.10    0.20      0.30         n/a    n/a      n/a         n/a       0      n/a");
    }

    @Test
    void aTableOfNothingIsItsHead() {
        assertThat(ResultTable.of(List.of())).startsWith("peer  in flight").doesNotContain("\n");
    }

    @Test
    void theFirstPeerIsComparedWithTheOthersAtTheSameLevel() {
        assertThat(ResultTable.ratios(List.of(OURS, THEIRS, OURS.with("conc", 256))))
                .containsExactly("reactor-raft : other at 64 in flight: ops/s 2.50 x, p99 0.50 x,"
                        + " CPU per operation 0.50 x, memory 1.50 x");
        assertThat(ResultTable.ratios(List.of(OURS))).isEmpty();
        assertThat(ResultTable.ratios(List.of())).isEmpty();
    }

    @Test
    void aRatioOfWhatWasNotMeasuredIsNone() {
        assertThat(ResultTable.ratios(List.of(NO_DISK, THEIRS.with("conc", 1))))
                .singleElement()
                .asString()
                .endsWith("CPU per operation n/a, memory n/a");
    }

    @Test
    void whatARowCannotBeTrustedInIsSaid() {
        assertThat(ResultTable.remarks(List.of(OURS))).isEmpty();
        assertThat(ResultTable.remarks(List.of(THEIRS)))
                .containsExactly(
                        "other at 64: other processes used 0.25 cores; measure again on a quiet machine",
                        "other at 64: 3 errors, the first: timeout");
        assertThat(ResultTable.remarks(List.of(NO_DISK.with("opsPerSec", 0))))
                .containsExactly("where nothing completed, nothing is per operation");
        assertThat(ResultTable.remarks(List.of(NO_DISK)))
                .containsExactly(
                        "CPU and memory: there is no /proc here",
                        "flushes: the kernel counts none for where the data lies (tmpfs); put --dir on a disk");
    }
}
