package io.reactorraft.rsocket;

import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.resolver.AddressResolverGroup;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.netty.resources.LoopResources;
import reactor.netty.tcp.TcpClient;

/**
 * The transport's threads: a few that read and write, one for snapshots, so that bulk never delays a heartbeat, and
 * one, the <em>control</em> loop, that accepts, dials, keeps time, and alone changes what is connected.
 */
final class Loops {

    private static final Duration DNS_TTL = Duration.ofSeconds(5);

    private final LoopResources io;
    private final LoopResources snapshots = LoopResources.create("raft-snapshot", 1, 1, true, false);
    private final EventLoop control;
    private final Scheduler scheduler;
    private final TcpClient ioClient;
    private final TcpClient snapshotClient;

    Loops(int ioThreads, Duration connectTimeout) {
        // Not colocated: otherwise all that the control loop dials would stay on the control loop.
        io = LoopResources.create("raft-io", 1, ioThreads, true, false);
        control = io.onServerSelect(true).next();
        scheduler = Schedulers.fromExecutorService(control, "raft-control");
        TcpClient client = TcpClient.newConnection()
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, Math.toIntExact(connectTimeout.toMillis()))
                .resolver(names -> names.runOn(io).cacheMaxTimeToLive(DNS_TTL).cacheNegativeTimeToLive(Duration.ZERO));
        ioClient = client.runOn(io);
        snapshotClient = client.runOn(snapshots);
    }

    LoopResources io() {
        return io;
    }

    TcpClient clientFor(Purpose purpose) {
        return purpose == Purpose.SNAPSHOTS ? snapshotClient : ioClient;
    }

    /** For operators that keep time. */
    Scheduler scheduler() {
        return scheduler;
    }

    /** Runs the task on the control loop; not at all once the loops are closed. */
    void execute(Runnable task) {
        try {
            control.execute(task);
        } catch (RejectedExecutionException closed) {
            // Nothing is connected any more, so nothing is left to change.
        }
    }

    /** Runs the task on the control loop after a while; not at all if the loops are closed by then. */
    void schedule(Runnable task, long delayMillis) {
        try {
            var unused = control.schedule(task, delayMillis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException closed) {
            // As above.
        }
    }

    Mono<Void> close(Duration grace) {
        AddressResolverGroup<?> names = ioClient.configuration().resolver();
        if (names != null) {
            names.close();
        }
        return Mono.when(io.disposeLater(Duration.ZERO, grace), snapshots.disposeLater(Duration.ZERO, grace));
    }
}
