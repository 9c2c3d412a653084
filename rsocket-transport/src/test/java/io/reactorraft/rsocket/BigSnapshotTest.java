package io.reactorraft.rsocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code -Draft.snapshot.mib=2048} sends as much as a release has to get through; by default it is a quarter of a GiB, twice
 * the heap.
 */
@DisplayName("A snapshot larger than the memory")
class BigSnapshotTest {

    private static final int MIB = Integer.getInteger("raft.snapshot.mib", 256);
    private static final int RELEASE_MIB = 1_024;

    /** On a machine that has nothing else to do. */
    private static final long MAX_P99_MICROS = 10_000;

    private static final long MAX_RESIDENT_KIB = 512 << 10;

    @Test
    void arrivesThoughItsConnectionBreaksHalfWay(@TempDir Path directory) throws IOException, InterruptedException {
        Path out = directory.resolve("out");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:MaxDirectMemorySize=128m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        BigSnapshot.class.getName(),
                        String.valueOf(MIB))
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();

        boolean ended = process.waitFor(10, TimeUnit.MINUTES);
        process.destroyForcibly();

        List<String> lines = Files.readAllLines(out);
        assertThat(ended).as("%s MiB took more than 10 min: %s", MIB, lines).isTrue();
        assertThat(process.exitValue()).as("%s", lines).isZero();
        assertThat(lines).contains("arrived whole");
        lines.forEach(System.out::println);
        if (MIB >= RELEASE_MIB) {
            String heartbeats = lines.stream()
                    .filter(line -> line.startsWith("p99 of "))
                    .findFirst()
                    .orElseThrow();
            assertThat(Long.parseLong(heartbeats.replaceAll(".*: | us", "")))
                    .as(heartbeats)
                    .isLessThan(MAX_P99_MICROS);
        }
        assertThat(Long.parseLong(lines.get(lines.size() - 1)))
                .as("KiB of memory at most, for %s MiB", MIB)
                .isLessThan(MAX_RESIDENT_KIB);
    }
}
