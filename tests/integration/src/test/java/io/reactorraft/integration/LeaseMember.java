package io.reactorraft.integration;

import io.reactorraft.Consistency;
import io.reactorraft.RaftConfig;
import io.reactorraft.RaftNode;
import java.nio.file.Path;
import java.time.Duration;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A member in a process of its own. While it leads it adds 1 again and again, {@code wrote VALUE NANOS}; all the time it
 * reads by its lease, {@code read BEGUN ENDED VALUE}, both times by the clock that all processes of a machine share.
 */
final class LeaseMember {
    static final Duration ELECTION_TIMEOUT = Duration.ofSeconds(2);

    private static final Duration PAUSE = Duration.ofMillis(3);

    private LeaseMember() {}

    public static void main(String[] args) {
        Sum sum = new Sum();
        RaftNode<Long, Long> node = RaftNode.builder(args[0], sum)
                .dataDir(Path.of(args[1]))
                .members(args[2].split(",", -1))
                .config(RaftConfig.defaults()
                        .withTimeouts(Duration.ofMillis(100), ELECTION_TIMEOUT)
                        .withLeaseReads(true))
                .build();
        node.leadership().subscribe(shown -> System.out.println("shows " + shown.role()));
        node.whileLeader(leadership -> node.propose(1L)
                        .map(applied -> "wrote " + applied.result() + " " + System.nanoTime())
                        .onErrorResume(failed -> Mono.empty())
                        .delaySubscription(PAUSE)
                        .repeat())
                .subscribe(System.out::println);
        Flux<String> reads = Mono.defer(() -> {
                    long begun = System.nanoTime();
                    return node.read(Consistency.LEASE, sum::value)
                            .map(value -> "read " + begun + " " + System.nanoTime() + " " + value);
                })
                .onErrorResume(failed -> Mono.empty())
                .delaySubscription(PAUSE)
                .repeat();
        node.start().thenMany(reads).subscribe(System.out::println);
        node.closed().block();
    }
}
