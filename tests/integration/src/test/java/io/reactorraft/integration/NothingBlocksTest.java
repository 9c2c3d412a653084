package io.reactorraft.integration;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.Consistency;
import io.reactorraft.RaftException;
import io.reactorraft.RaftNode;
import io.reactorraft.Session;
import io.reactorraft.testkit.NothingBlocks;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** Nothing that a node does blocks its loop, its sockets or its signals; and who does would be seen. */
class NothingBlocksTest {
    private static final Duration SOON = Duration.ofMinutes(2);

    @TempDir
    Path directory;

    @Test
    void aSyncOnALoopIsSeen() {
        Scheduler loop = Schedulers.newSingle("raft-loop-canary", true);
        Mono.fromCallable(() -> sync(directory.resolve("file")))
                .subscribeOn(loop)
                .block(SOON);
        loop.dispose();
        assertThat(NothingBlocks.seen())
                .anyMatch(seen -> seen.startsWith("raft-loop-canary") && seen.contains("FileChannelImpl.force"));
    }

    @Test
    void aPauseOnAThreadThatSignalsIsSeen() {
        Scheduler signals = Schedulers.newSingle("raft-signal-canary", true);
        Mono.fromCallable(() -> {
                    TimeUnit.MILLISECONDS.sleep(1);
                    return true;
                })
                .subscribeOn(signals)
                .block(SOON);
        signals.dispose();
        assertThat(NothingBlocks.seen()).anyMatch(seen -> seen.startsWith("raft-signal-canary"));
    }

    @Test
    void aLockThatSomebodyElseHoldsIsSeen() {
        ReentrantLock lock = new ReentrantLock();
        Scheduler loop = Schedulers.newSingle("raft-loop-canary", true);
        Mono<Boolean> locked = Mono.fromCallable(() -> {
                    lock.lock();
                    try {
                        return lock.isHeldByCurrentThread();
                    } finally {
                        lock.unlock();
                    }
                })
                .subscribeOn(loop)
                .cache();
        lock.lock();
        try {
            locked.subscribe();
            while (!lock.hasQueuedThreads()) {
                Thread.onSpinWait();
            }
        } finally {
            lock.unlock();
        }
        assertThat(locked.block(SOON)).isTrue();
        loop.dispose();
        assertThat(NothingBlocks.seen()).anyMatch(seen -> seen.startsWith("raft-loop-canary"));
    }

    private static boolean sync(Path file) throws IOException {
        Files.createFile(file);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.force(false);
            return true;
        }
    }

    @Test
    void threeMembersDoAllTheyCanAndNoneOfItBlocks() {
        Trio trio = new Trio(directory);
        trio.start();
        trio.nodes()
                .forEach(node -> node.whileLeader(leadership -> Flux.interval(Duration.ofMillis(5)))
                        .subscribe());
        for (RaftNode<Long, Long> node : trio.nodes()) {
            patiently(Flux.range(0, 300).flatMap(i -> node.propose(1L), 64).then());
            patiently(node.proposeAll(Flux.range(0, 300).map(i -> 1L)).then());
            patiently(Flux.range(0, 100).flatMap(i -> node.read(() -> 1)).then());
            patiently(node.readIndex(Consistency.LINEARIZABLE).then());
            patiently(Flux.usingWhen(
                            node.session(),
                            session -> Flux.range(0, 20).concatMap(i -> session.propose(1L)),
                            Session::close)
                    .then());
        }
        patiently(Mono.defer(() -> handOver(trio)));
        trio.stop();
        assertThat(NothingBlocks.seen()).isEmpty();
    }

    private static void patiently(Mono<Void> step) {
        step.retryWhen(Trio.patiently()).block(SOON);
    }

    /** By whoever leads now. */
    private static Mono<Void> handOver(Trio trio) {
        return Flux.fromIterable(trio.nodes())
                .filter(node -> node.status().leadership().leading())
                .next()
                .switchIfEmpty(Mono.error(() -> new RaftException.NotLeader("nobody leads", null)))
                .flatMap(leader -> leader.transferLeadership(trio.nodes().stream()
                        .map(RaftNode::id)
                        .filter(id -> !id.equals(leader.id()))
                        .findFirst()
                        .orElseThrow()))
                .then();
    }
}
