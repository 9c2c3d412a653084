package io.reactorraft.integration;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The promise of the whole: what was acknowledged is there, whoever was killed. */
@ExtendWith(FirstFailureStands.class)
class AcknowledgedWritesSurviveTest {

    private static final int WRITERS = 4;

    private static final Duration SOON = ServerCluster.SOON;

    @TempDir
    Path directory;

    private final Map<String, String> acknowledged = new ConcurrentHashMap<>();
    private final List<String> wrong = new CopyOnWriteArrayList<>();

    @Test
    void throughTheDeathOfTheLeaderAndOfEveryone() throws Exception {
        try (ServerCluster cluster = ServerCluster.start(directory)) {
            writeAThousandKeysThroughEveryNode(cluster);
            everyNodeAnswersEverythingAcknowledged(cluster);

            killTheLeaderUnderLoad(cluster);
            everyNodeAnswersEverythingAcknowledged(cluster);

            cluster.ids().forEach(id -> cluster.node(id).kill());
            cluster.ids().forEach(cluster::startNode);
            cluster.ids().forEach(cluster::awaitServing);
            cluster.awaitLeader(SOON);
            everyNodeAnswersEverythingAcknowledged(cluster);

            sigtermEndsEachInOrder(cluster);
        }
    }

    private void writeAThousandKeysThroughEveryNode(ServerCluster cluster) {
        List<String> ids = cluster.ids();
        AtomicInteger turn = new AtomicInteger();
        ServerCluster.eachOf(ServerCluster.keys("first", 1_000), key -> {
            String id = ids.get(turn.getAndIncrement() % ids.size());
            ServerCluster.Answer answer = cluster.putSoon(id, key, "value of " + key);
            assertThat(answer.status()).as(answer.body()).isEqualTo(200);
            acknowledged.put(key, "value of " + key);
        });
    }

    private void killTheLeaderUnderLoad(ServerCluster cluster) throws InterruptedException {
        String leader = cluster.awaitLeader(SOON);
        List<String> survivors =
                cluster.ids().stream().filter(id -> !id.equals(leader)).toList();
        AtomicBoolean stop = new AtomicBoolean();
        AtomicInteger afterTheKill = new AtomicInteger();
        AtomicBoolean killed = new AtomicBoolean();
        List<Thread> writers = IntStream.range(0, WRITERS)
                .mapToObj(writer -> new Thread(() -> {
                    for (int i = 0; !stop.get(); i++) {
                        String key = "load/" + writer + "/" + i;
                        boolean lateEnough = killed.get();
                        if (write(cluster, survivors.get(i % survivors.size()), key) && lateEnough) {
                            afterTheKill.incrementAndGet();
                        }
                        ServerProcess.pause(); // a few thousand keys are load enough, and all of them are read again
                    }
                }))
                .toList();
        writers.forEach(Thread::start);
        try {
            killAndRestart(cluster, leader, killed, afterTheKill);
        } finally {
            stop.set(true);
        }
        for (Thread writer : writers) {
            writer.join(SOON.toMillis());
            assertThat(writer.isAlive()).as("a request hangs").isFalse();
        }
        assertThat(wrong).isEmpty();
    }

    private void killAndRestart(
            ServerCluster cluster, String leader, AtomicBoolean killed, AtomicInteger afterTheKill) {
        int before = acknowledged.size();
        cluster.await("writes under load", SOON, () -> acknowledged.size() > before + 100);
        cluster.node(leader).kill();
        killed.set(true);
        long begin = System.nanoTime();
        cluster.await("write after the leader's death", SOON, () -> afterTheKill.get() > 0);
        System.out.printf(
                "writes again %d ms after the leader was killed%n",
                Duration.ofNanos(System.nanoTime() - begin).toMillis());
        int then = acknowledged.size();
        cluster.await("writes under the new leader", SOON, () -> acknowledged.size() > then + 100);
        cluster.startNode(leader);
        cluster.awaitServing(leader);
    }

    private boolean write(ServerCluster cluster, String id, String key) {
        try {
            ServerCluster.Answer answer = cluster.put(id, key, "value of " + key);
            if (answer.status() == 200) {
                acknowledged.put(key, "value of " + key);
                return true;
            }
            if (answer.status() != 503 && answer.status() != 504) {
                wrong.add(key + " on " + id + ": " + answer.status() + " " + answer.body());
            }
            return false;
        } catch (HttpTimeoutException hangs) {
            wrong.add(key + " on " + id + ": no answer");
            return false;
        } catch (IOException unreachable) {
            return false;
        }
    }

    private void everyNodeAnswersEverythingAcknowledged(ServerCluster cluster) {
        for (String id : cluster.ids()) {
            cluster.await(id + " answering linearizable reads", SOON, () -> {
                try {
                    return cluster.read(id, "first/0").status() == 200;
                } catch (IOException unreachable) {
                    return false;
                }
            });
            ServerCluster.eachOf(acknowledged.keySet(), key -> {
                ServerCluster.Answer answer = cluster.readSoon(id, key);
                assertThat(answer.body())
                        .as("%s on %s (status %d)", key, id, answer.status())
                        .isEqualTo(acknowledged.get(key));
            });
        }
    }

    private static void sigtermEndsEachInOrder(ServerCluster cluster) {
        for (String id : cluster.ids()) {
            cluster.node(id).signal("TERM");
            assertThat(cluster.node(id).awaitExit(SOON))
                    .as(
                            "exit code of %s after SIGTERM\n%s",
                            id, cluster.node(id).everything())
                    .isZero();
        }
    }
}
