package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

class SerialQueueTest {

    private final Scheduler scheduler = Schedulers.newSingle("serial", true);
    private final SerialQueue queue = new SerialQueue(scheduler);

    @AfterEach
    void dispose() {
        scheduler.dispose();
    }

    @Test
    void tasksOfManyThreadsRunOneByOneAndEachThreadsInItsOrder() throws InterruptedException {
        int perThread = 20_000;
        List<int[]> seen = new ArrayList<>(); // no lock: the queue is serial
        List<Thread> posters = IntStream.range(0, 3)
                .mapToObj(poster -> new Thread(() ->
                        IntStream.range(0, perThread).forEach(i -> queue.post(() -> seen.add(new int[] {poster, i})))))
                .toList();
        posters.forEach(Thread::start);
        for (Thread poster : posters) {
            poster.join();
        }
        settle();
        assertThat(seen).hasSize(3 * perThread);
        int[] next = new int[3];
        seen.forEach(each -> assertThat(each[1]).isEqualTo(next[each[0]]++));
    }

    @Test
    void aTaskThatFailsDoesNotSilenceThoseBehindIt() throws InterruptedException {
        List<String> seen = new ArrayList<>();
        queue.post(() -> {
            throw new AssertionError("a subscriber's own fault, on purpose");
        });
        queue.post(() -> seen.add("next"));
        settle();
        assertThat(seen).containsExactly("next");
    }

    @Test
    void afterTheEndTasksStillRun() throws InterruptedException {
        CountDownLatch ended = new CountDownLatch(1);
        queue.end(ended::countDown);
        assertThat(ended.await(60, TimeUnit.SECONDS)).isTrue();
        scheduler.dispose();
        settle();
        assertThat(queue.ended()).isTrue();
    }

    private void settle() throws InterruptedException {
        CountDownLatch done = new CountDownLatch(1);
        queue.post(done::countDown);
        assertThat(done.await(60, TimeUnit.SECONDS)).isTrue();
    }
}
