package io.reactorraft.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The processes of a cluster, from their start until none is left: {@link #close} kills them.
 *
 * <p><b>Threads.</b> One caller; {@link #close} from any.
 */
final class BenchmarkCluster implements AutoCloseable {
    private static final Duration STARTED = Duration.ofSeconds(60);
    private static final Duration LEADER = Duration.ofSeconds(60);
    private static final Duration ANSWER = Duration.ofSeconds(10);
    private static final Duration BETWEEN_QUESTIONS = Duration.ofMillis(50);
    private static final int TAIL_LINES = 15;

    private final ClusterPlan plan;
    private final IntFunction<List<String>> commands;
    private final Pause pause;
    private final List<NodeProcess> nodes = new ArrayList<>();
    private boolean closed;

    BenchmarkCluster(ClusterPlan plan) {
        this(plan, plan::command, Pause.REAL);
    }

    /** @param commands the command line of each node, by its index */
    BenchmarkCluster(ClusterPlan plan, IntFunction<List<String>> commands, Pause pause) {
        this.plan = plan;
        this.commands = commands;
        this.pause = pause;
    }

    /**
     * Starts all nodes and returns when they have started; a leader may not be there yet.
     *
     * @throws BenchmarkException where a node does not come up, with the tails of all logs
     */
    void start() throws InterruptedException {
        try {
            Files.createDirectories(plan.directory());
            for (int index = 0; index < plan.size(); index++) {
                launch(index);
            }
            for (NodeProcess node : nodes()) {
                node.await("started", STARTED);
            }
        } catch (BenchmarkException | IOException failed) {
            throw withLogs("the cluster did not come up", failed);
        }
    }

    /** The nodes in the order of their ids; those that were killed are among them. */
    synchronized List<NodeProcess> nodes() {
        return List.copyOf(nodes);
    }

    List<NodeProcess> survivors() {
        return nodes().stream().filter(NodeProcess::alive).toList();
    }

    /**
     * The node that leads and is caught up, once there is one.
     *
     * @throws BenchmarkException where there is none in time, with the tails of all logs
     */
    NodeProcess leader() throws InterruptedException {
        long end = System.nanoTime() + LEADER.toNanos();
        try {
            do {
                for (NodeProcess node : survivors()) {
                    node.send("role");
                    if (node.await("role", ANSWER).equals("leader")) {
                        return node;
                    }
                }
                pause.pass(BETWEEN_QUESTIONS);
            } while (System.nanoTime() < end);
        } catch (BenchmarkException failed) {
            throw withLogs("nobody can be asked who leads", failed);
        }
        throw withLogs("no leader", new BenchmarkException("none within " + LEADER.toSeconds() + " s"));
    }

    /** Starts a killed node on its old data, and returns when it has caught up with a leader. */
    void restart(NodeProcess killed) throws InterruptedException {
        int index = nodes().indexOf(killed);
        try {
            launch(index).await("ready", STARTED);
        } catch (BenchmarkException failed) {
            throw withLogs(killed.name() + " did not come back", failed);
        }
    }

    /** A failure with the last lines of every node's log behind it. */
    BenchmarkException withLogs(String what, Exception cause) {
        String tails = IntStream.range(0, plan.size())
                .mapToObj(index ->
                        "--- " + plan.log(index) + "\n" + String.join("\n", LogTail.lines(plan.log(index), TAIL_LINES)))
                .collect(Collectors.joining("\n"));
        return new BenchmarkException(what + ": " + cause.getMessage() + "\n" + tails);
    }

    private synchronized NodeProcess launch(int index) {
        if (closed) {
            throw new BenchmarkException("the run was ended");
        }
        NodeProcess node = NodeProcess.start(ClusterPlan.id(index), commands.apply(index), plan.log(index));
        if (index < nodes.size()) {
            nodes.set(index, node);
        } else {
            nodes.add(node);
        }
        return node;
    }

    /** Kills whatever is alive; nothing is started any more. Idempotent. */
    @Override
    public synchronized void close() {
        closed = true;
        nodes.forEach(NodeProcess::kill);
    }
}
