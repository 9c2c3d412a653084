package io.reactorraft.integration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A leader whose disk fills up gives up its office, follows, and makes up for it all once there is room. */
@ExtendWith(FirstFailureStands.class)
class FullDiskTest {
    private static final String LARGE = "x".repeat(512 << 10);
    private static final Duration SOON = Duration.ofMinutes(2);

    @TempDir
    Path directory;

    private final List<Path> mounted = new ArrayList<>();

    @AfterEach
    void unmount() throws Exception {
        for (Path each : mounted) {
            run("umount", "-l", each.toString());
        }
    }

    @Test
    void whatWasAcknowledgedStaysAndTheOthersGoOn() throws Exception {
        for (String id : List.of("n1", "n2", "n3")) {
            Path data = Files.createDirectories(directory.resolve(id));
            assumeTrue(
                    run("mount", "-t", "tmpfs", "-o", "size=400m", "tmpfs", data.toString()),
                    "a small file system of its own needs root");
            mounted.add(data);
        }
        try (ServerCluster cluster = ServerCluster.start(directory)) {
            String full = cluster.awaitLeader(SOON);
            Path ballast = cluster.dataDir(full).resolve("ballast");
            fill(ballast);
            List<String> acknowledged = new ArrayList<>();
            long end = System.nanoTime() + SOON.toNanos();
            for (int i = 0; acknowledged.size() < 300 && System.nanoTime() < end && !isFull(cluster, full); i++) {
                write(cluster, full, "large-" + i, acknowledged);
            }
            assertThat(isFull(cluster, full))
                    .as("the disk of " + full + " is full")
                    .isTrue();

            cluster.await("another leader", SOON, () -> {
                JsonNode status = cluster.status(full);
                return status != null && "follower".equals(status.path("role").asText());
            });
            String next = cluster.awaitLeader(SOON);
            assertThat(next).isNotEqualTo(full);
            assertThat(cluster.putSoon(full, "asked-of-the-full-one", "1").status())
                    .isEqualTo(200);
            assertThat(cluster.putSoon(next, "asked-of-the-leader", "2").status())
                    .isEqualTo(200);

            Files.delete(ballast);
            cluster.await("room again", SOON, () -> !isFull(cluster, full));
            cluster.await("all of it applied there", SOON, () -> {
                JsonNode status = cluster.status(full);
                JsonNode leader = cluster.status(next);
                return status != null
                        && leader != null
                        && status.path("appliedIndex").asLong()
                                >= leader.path("commitIndex").asLong();
            });
            for (String key : acknowledged) {
                cluster.await(
                        key + " there", SOON, () -> stale(cluster, full, key).equals(LARGE));
            }
            cluster.await(
                    "the last write there",
                    SOON,
                    () -> stale(cluster, full, "asked-of-the-leader").equals("2"));
        }
    }

    /** What that node has of it by itself. */
    private static String stale(ServerCluster cluster, String id, String key) {
        try {
            return cluster.get(id, "/v1/kv/" + key + "?consistency=stale").body();
        } catch (IOException unreachable) {
            return "";
        }
    }

    private static void write(ServerCluster cluster, String id, String key, List<String> acknowledged)
            throws IOException {
        ServerCluster.Answer answer = cluster.put(id, key, LARGE);
        assertThat(answer.status()).isIn(200, 503, 504, 507);
        if (answer.status() == 200) {
            acknowledged.add(key);
        } else if (answer.status() == 507) {
            assertThat(answer.json().path("type").asText()).isEqualTo("urn:reactor-raft:problem:disk-full");
            assertThat(answer.json().path("detail").asText()).contains("make room");
        }
    }

    private static boolean isFull(ServerCluster cluster, String id) {
        JsonNode status = cluster.status(id);
        return status != null && status.path("alarms").toString().contains("disk-full");
    }

    private static void fill(Path ballast) throws IOException {
        byte[] some = new byte[64 << 10];
        try (var out = Files.newOutputStream(ballast)) {
            while (true) {
                out.write(some);
            }
        } catch (IOException full) {
            assertThat(full).hasMessageContaining("No space left");
        }
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getInputStream().readAllBytes();
        return process.waitFor(60, TimeUnit.SECONDS) && process.exitValue() == 0;
    }
}
