package io.reactorraft;

import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** A node alone, on real threads, over a log and a network in memory: for what virtual time cannot show. */
final class RealNode<C, R> {
    final Scheduler loop = Schedulers.newSingle("test-loop", true);
    final Scheduler apply = Schedulers.newSingle("test-apply", true);
    final Scheduler signals = Schedulers.newSingle("test-signals", true);
    final MemoryLog log = new MemoryLog(loop, "n1");
    final RaftNode<C, R> node;

    RealNode(StateMachine<C, R> machine, RaftConfig config) {
        Member self = Member.voter("n1", "host1:7000");
        node = new LocalNode<>(
                new NodeSettings("test", "default", self, self.address(), List.of(self), Path.of("nowhere"), config),
                new NodeServices(
                        new MemoryNetwork(loop).transport("n1"),
                        true,
                        log,
                        true,
                        new MemorySnapshots(),
                        true,
                        (metric, group, peer, value) -> {}),
                machine,
                new NodeThreads(
                        loop,
                        apply,
                        signals,
                        Schedulers.parallel(),
                        true,
                        true,
                        InstantSource.system(),
                        System::nanoTime,
                        7));
    }

    /** Quick times, and a short grace. */
    static RaftConfig quick() {
        return RaftConfig.defaults()
                .withTimeouts(Duration.ofMillis(10), Duration.ofMillis(100))
                .withStopGrace(Duration.ofMillis(800));
    }
}
