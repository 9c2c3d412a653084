package io.reactorraft.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class YardstickTest {
    private static final LoadShape SHAPE =
            new LoadShape(Operation.WRITE, Duration.ofSeconds(10), Duration.ofMillis(1500), Duration.ofSeconds(15));

    @TempDir
    Path directory;

    private final RunScope scope = new RunScope();

    @AfterEach
    void end() {
        scope.close();
    }

    @Test
    void runsALevelWithTheSameLoadAndReadsItsResult() throws Exception {
        script("echo 'a warning'; echo \"peer=$1 mode=$2 conc=$3 args=$4,$5,$6,$7,$8,$9,${10} opsPerSec=8000\"");
        ResultLine line = new Yardstick(directory).level("other", 64, SHAPE, plan(), scope);
        assertThat(line.text("peer")).isEqualTo("other");
        assertThat(line.text("conc")).isEqualTo("64");
        assertThat(line.text("args"))
                .isEqualTo("op=write,size=512,voters=3,warm=10.0,settle=1.5,secs=15.0,dir=" + plan().directory());
        assertThat(line.number("opsPerSec")).isEqualTo(8000);
    }

    @Test
    void runsOnTheSameJavaAsOurs() throws Exception {
        script("echo \"peer=x java=$JAVA_HOME build=$RAFTBENCH_BUILD\"");
        ResultLine line = new Yardstick(directory).failover("other", plan(), scope);
        assertThat(line.text("java")).isEqualTo(System.getProperty("java.home"));
        assertThat(line.text("build")).isEqualTo(directory.toString());
    }

    @Test
    void aRunThatFailsIsShownWithWhatItSaid() throws Exception {
        script("echo peer=half; echo 'no leader within 60 s' >&2; exit 7");
        assertThatThrownBy(() -> new Yardstick(directory).level("other", 64, SHAPE, plan(), scope))
                .isInstanceOf(BenchmarkException.class)
                .hasMessageContaining("exit code 7 and no result of: ")
                .hasMessageContaining("no leader within 60 s");
    }

    @Test
    void whatTheScriptLeftRunningEndsWithTheScope() throws Exception {
        Path pid = directory.resolve("pid");
        script("sleep 600 & echo $! > " + pid + "; echo peer=other; exec sleep 600 > /dev/null 2>&1");
        Thread run = new Thread(() -> {
            try {
                new Yardstick(directory).level("other", 64, SHAPE, plan(), scope);
            } catch (BenchmarkException | InterruptedException ended) {
                Thread.currentThread().interrupt();
            }
        });
        run.start();
        long child = awaitPid(pid);
        scope.close();
        run.join();
        assertThat(ProcessHandle.of(child).filter(ProcessHandle::isAlive)).isEmpty();
    }

    @Test
    void whatIsNotBuiltIsRefusedWithTheWayToBuildIt() throws IOException {
        Yardstick yardstick = new Yardstick(directory);
        assertThatThrownBy(() -> yardstick.require("other")).hasMessageContaining("no run.sh in " + directory);
        script("exit 0");
        assertThatThrownBy(() -> yardstick.require("other"))
                .hasMessage("other is not built in " + directory + ": run 'mvn -q package -pl core,other' there");
        Files.createDirectories(directory.resolve("other/target/classes"));
        yardstick.require("other");
    }

    private ClusterPlan plan() {
        return new ClusterPlan(List.of(1, 2, 3), directory.resolve("run"), List.of(), 512);
    }

    private void script(String body) throws IOException {
        Path script = directory.resolve("run.sh");
        Files.writeString(script, "#!/bin/sh\n" + body + "\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
    }

    private static long awaitPid(Path file) throws Exception {
        long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!Files.exists(file) || Files.readString(file).isBlank()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("the script never wrote " + file);
            }
            Pause.REAL.pass(Duration.ofMillis(5));
        }
        return Long.parseLong(Files.readString(file).strip());
    }
}
