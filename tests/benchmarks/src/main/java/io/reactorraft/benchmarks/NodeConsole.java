package io.reactorraft.benchmarks;

import io.reactorraft.RaftNode;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;

/**
 * One node's side of the conversation with the process that measures: a command a line, answers behind an {@code @}.
 *
 * <ul>
 *   <li>{@code role}: {@code @role leader|follower}
 *   <li>{@code load OP IN_FLIGHT SETTLE SECONDS}: {@code @measuring} when the window begins, {@code @result …} when it
 *       has ended; times in seconds, decimals allowed
 *   <li>{@code trickle SECONDS}: one write in flight, {@code @trickled COUNT}
 *   <li>{@code probe SECONDS}: writes until one is acknowledged, {@code @probed NANOS ATTEMPTS}; NANOS is {@link
 *       System#nanoTime}, which on Linux is one clock for all processes; -1: none was
 *   <li>{@code allocated}: {@code @allocated BYTES} so far; {@code heap}: {@code @heap BYTES} behind a full collection
 *   <li>{@code gather COUNT block|free}: {@code @gathered COUNT} once so many subscribe to leadership, one of which may
 *       block; {@code disperse}: {@code @dispersed} once they have left
 *   <li>{@code applied}: {@code @applied INDEX}
 *   <li>{@code changes}: {@code @led NANOS ROLE} now, and at each change of leadership that the node shows
 * </ul>
 *
 * <p>Whatever fails is answered with {@code @error WHY}.
 *
 * <p><b>Threads.</b> {@link #answer} on one thread at a time; {@link #say} on any.
 */
final class NodeConsole implements NodeCommand.Console {

    /** Different payloads; random, so that nothing gains by compressing them. */
    private static final int PAYLOADS = 1024;

    private static final Duration BETWEEN_TRICKLED = Duration.ofMillis(2);
    private static final Duration BETWEEN_PROBES = Duration.ofMillis(5);

    private final RaftNode<byte[], Long> node;
    private final Supplier<Long> query;
    private final byte[][] payloads;
    private final PrintStream out;
    private final Pause pause;
    private final Crowd crowd;
    private final AtomicInteger next = new AtomicInteger();

    /** @param query what a read looks at, on the apply thread */
    NodeConsole(RaftNode<byte[], Long> node, Supplier<Long> query, int payloadBytes, PrintStream out, Pause pause) {
        this.node = node;
        this.query = query;
        this.payloads = new byte[PAYLOADS][payloadBytes];
        this.out = out;
        this.pause = pause;
        this.crowd = new Crowd(node.leadership());
        Random random = new Random(42);
        for (byte[] payload : payloads) {
            random.nextBytes(payload);
        }
    }

    /** Carries out one command, and returns when it is done. */
    @Override
    public void answer(String command) throws InterruptedException {
        String[] words = command.strip().split("\\s+", -1);
        try {
            switch (words[0]) {
                case "role" -> say("role " + (leads() ? "leader" : "follower"));
                case "load" -> load(words);
                case "trickle" -> trickle(seconds(words[1]));
                case "applied" -> say("applied " + node.status().appliedIndex());
                case "changes" -> changes();
                case "probe" -> new WriteProbe(this::write, pause).run(seconds(words[1]), BETWEEN_PROBES, this::say);
                case "allocated" -> say("allocated " + HeapAccounts.allocatedBytes());
                case "heap" -> say("heap " + HeapAccounts.keptBytes());
                case "gather" -> gather(Integer.parseInt(words[1]), words[2].equals("block"));
                case "disperse" -> {
                    crowd.disperse();
                    say("dispersed");
                }
                default -> say("error unknown command: " + command);
            }
        } catch (RuntimeException failed) {
            say("error " + failed);
        }
    }

    @Override
    public synchronized void say(String answer) {
        out.println("@" + answer.replaceAll("\\R", " "));
        out.flush();
    }

    private void load(String[] words) throws InterruptedException {
        Operation operation = Operation.of(words[1]);
        Supplier<Mono<?>> operations = operation == Operation.WRITE ? this::write : () -> node.read(query);
        LoadResult result = new LoadDriver(operations, pause)
                .run(Integer.parseInt(words[2]), seconds(words[3]), seconds(words[4]), () -> say("measuring"));
        say("result " + result.line().with("leader", leads()));
    }

    private void trickle(Duration duration) throws InterruptedException {
        long end = System.nanoTime() + duration.toNanos();
        int acknowledged = 0;
        do {
            if (Boolean.TRUE.equals(
                    write().map(applied -> true).onErrorReturn(false).block())) {
                acknowledged++;
            }
            pause.pass(BETWEEN_TRICKLED);
        } while (System.nanoTime() < end);
        say("trickled " + acknowledged);
    }

    private void gather(int count, boolean oneBlocks) throws InterruptedException {
        crowd.gather(count, oneBlocks);
        say("gathered " + count);
    }

    private void changes() {
        node.leadership()
                .subscribe(
                        shown -> say("led " + System.nanoTime() + " " + shown.role()),
                        failed -> say("error " + failed));
    }

    private Mono<?> write() {
        return node.propose(payloads[next.getAndIncrement() & (PAYLOADS - 1)]);
    }

    private boolean leads() {
        return node.status().leadership().leading();
    }

    static Duration seconds(String text) {
        return Duration.ofNanos(Math.round(Double.parseDouble(text) * TimeUnit.SECONDS.toNanos(1)));
    }
}
