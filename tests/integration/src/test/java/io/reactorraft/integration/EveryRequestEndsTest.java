package io.reactorraft.integration;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No request hangs, and none that failed pretends to have succeeded, while the leader is frozen and thawed. */
class EveryRequestEndsTest {

    /** The request time limit is 10 s; what is above is the way there and back on a busy machine that stands still at times. */
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private static final Duration SOON = ServerCluster.SOON;

    @TempDir
    Path directory;

    @Test
    void whileTheLeaderIsStoppedByASignal() throws Exception {
        try (ServerCluster cluster = ServerCluster.start(directory)) {
            String leader = cluster.awaitLeader(SOON);
            Map<String, String> acknowledged = new ConcurrentHashMap<>();
            List<String> wrong = new CopyOnWriteArrayList<>();
            AtomicBoolean stop = new AtomicBoolean();
            List<Thread> writers = new ArrayList<>();
            for (String id : cluster.ids()) {
                Thread writer = new Thread(() -> {
                    for (int i = 0; !stop.get(); i++) {
                        write(cluster, id, "key/" + id + "/" + i, id.equals(leader), acknowledged, wrong);
                    }
                });
                writers.add(writer);
                writer.start();
            }
            cluster.await("writes", SOON, () -> acknowledged.size() > 100);
            cluster.node(leader).signal("STOP");
            List<String> others =
                    cluster.ids().stream().filter(id -> !id.equals(leader)).toList();
            int before = acknowledged.size();
            cluster.await("writes through the others", SOON, () -> acknowledged.size() > before + 50);
            cluster.node(leader).signal("CONT");
            int then = acknowledged.size();
            cluster.await("writes after it woke up", SOON, () -> acknowledged.size() > then + 100);
            stop.set(true);
            for (Thread writer : writers) {
                writer.join(SOON.toMillis());
                assertThat(writer.isAlive()).as("a request hangs").isFalse();
            }
            assertThat(wrong).isEmpty();
            ServerCluster.eachOf(
                    acknowledged.keySet(),
                    key -> assertThat(cluster.readSoon(others.get(0), key).body())
                            .isEqualTo(acknowledged.get(key)));
        }
    }

    private static void write(
            ServerCluster cluster,
            String id,
            String key,
            boolean frozen,
            Map<String, String> acknowledged,
            List<String> wrong) {
        long begin = System.nanoTime();
        try {
            ServerCluster.Answer answer = cluster.put(id, key, "value of " + key);
            Duration took = Duration.ofNanos(System.nanoTime() - begin);
            String applied = answer.status() == 200
                    ? "yes"
                    : answer.json().path("applied").asText();
            boolean allowed = (answer.status() == 200)
                    || (answer.status() == 503 && applied.equals("no"))
                    // "no" where the body came too late: who is stopped by a signal may be so between head and body
                    || (answer.status() == 504 && (applied.equals("unknown") || applied.equals("no")));
            boolean late = !frozen && took.compareTo(LIMIT) > 0; // who is stopped by a signal cannot answer in time
            if (!allowed || late) {
                wrong.add(key + ": " + answer.status() + " after " + took + " " + answer.body());
            }
            if (answer.status() == 200) {
                acknowledged.put(key, "value of " + key);
            }
        } catch (IOException unreachable) {
            wrong.add(key + ": " + unreachable);
        }
    }
}
