package io.reactorraft.integration;

import io.reactorraft.RaftConfig;
import io.reactorraft.RaftException;
import io.reactorraft.RaftNode;
import io.reactorraft.testkit.FreePorts;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/** Three members in this JVM, over real sockets and real files. */
final class Trio {
    private static final Duration SOON = Duration.ofMinutes(2);

    private final List<RaftNode<Long, Long>> nodes;

    /** Three that a busy machine does not soon part. */
    Trio(Path directory) {
        this(directory, RaftConfig.defaults().withTimeouts(Duration.ofMillis(50), Duration.ofSeconds(1)));
    }

    Trio(Path directory, RaftConfig config) {
        List<Integer> ports = FreePorts.find(3);
        String[] members = IntStream.range(0, 3)
                .mapToObj(i -> "n" + (i + 1) + "=127.0.0.1:" + ports.get(i))
                .toArray(String[]::new);
        nodes = IntStream.rangeClosed(1, 3)
                .mapToObj(i -> RaftNode.builder("n" + i, new Sum())
                        .dataDir(directory.resolve("n" + i))
                        .members(members)
                        .config(config)
                        .build())
                .toList();
    }

    List<RaftNode<Long, Long>> nodes() {
        return nodes;
    }

    RaftNode<Long, Long> leader() {
        return Objects.requireNonNull(Flux.merge(nodes.stream()
                        .map(node -> node.leadership()
                                .filter(shown -> shown.leading())
                                .map(shown -> node))
                        .toList())
                .blockFirst(SOON));
    }

    /** What a busy machine, on which an election timeout is soon over, is answered with: the same again. */
    static Retry patiently() {
        return Retry.fixedDelay(SOON.toMillis() / 50, Duration.ofMillis(50))
                .filter(error -> error instanceof RaftException);
    }

    void start() {
        Mono.when(nodes.stream().map(RaftNode::start).toList()).block(SOON);
        Mono.when(nodes.stream().map(RaftNode::ready).toList()).block(SOON);
    }

    void stop() {
        Mono.when(nodes.stream().map(RaftNode::stop).toList()).block(SOON);
    }
}
