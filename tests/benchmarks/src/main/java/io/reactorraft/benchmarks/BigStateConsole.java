package io.reactorraft.benchmarks;

import io.reactorraft.RaftNode;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/**
 * What a node with a large state understands, besides what every one does ({@link NodeConsole}):
 *
 * <ul>
 *   <li>{@code fill BLOCKS}: {@code @filled COUNT}
 *   <li>{@code open RATE}: {@code @opened} once so many writes a second have begun; {@code phase NAME}: {@code @left …}, what
 *       became of those that were due since the last one; {@code shut}: {@code @shut}
 *   <li>{@code snapshot}: {@code @snapshot BYTES} once it is taken
 *   <li>{@code first}: {@code @first INDEX}, where its log begins; {@code digest}: {@code @digest DIGEST} of its state
 * </ul>
 */
final class BigStateConsole implements NodeCommand.Console {
    private static final int FILLS_AT_ONCE = 16;
    private static final int MAX_OUTSTANDING = 1 << 13;
    private static final Duration SNAPSHOT = Duration.ofMinutes(3);

    private final RaftNode<byte[], Long> node;
    private final BigMachine machine;
    private final NodeConsole others;
    private final byte[] payload;
    private @Nullable OpenLoad load;

    BigStateConsole(RaftNode<byte[], Long> node, BigMachine machine, NodeConsole others, byte[] payload) {
        this.node = node;
        this.machine = machine;
        this.others = others;
        this.payload = payload;
    }

    @Override
    public void say(String answer) {
        others.say(answer);
    }

    @Override
    public void answer(String command) throws InterruptedException {
        String[] words = command.strip().split("\\s+", -1);
        try {
            switch (words[0]) {
                case "fill" -> fill(Integer.parseInt(words[1]));
                case "open" -> open(Double.parseDouble(words[1]));
                case "phase" -> say("left " + load().leave(words[1]).line());
                case "shut" -> {
                    load().stop();
                    say("shut");
                }
                case "snapshot" ->
                    node.snapshot()
                            .doOnNext(taken -> say("snapshot " + taken.bytes()))
                            .block(SNAPSHOT);
                case "first" -> say("first " + node.status().firstIndex());
                case "digest" -> say("digest " + node.read(machine::digest).block());
                default -> others.answer(command);
            }
        } catch (RuntimeException failed) {
            say("error " + failed);
        }
    }

    private OpenLoad load() {
        OpenLoad now = load;
        if (now == null) {
            throw new IllegalStateException("there is no load: open it first");
        }
        return now;
    }

    private void fill(int blocks) {
        Flux.range(0, blocks)
                .flatMap(block -> node.propose(BigMachine.fill(block)), FILLS_AT_ONCE)
                .then()
                .block();
        say("filled " + blocks);
    }

    private void open(double rate) {
        OpenLoad opened = new OpenLoad(() -> node.propose(payload), rate, MAX_OUTSTANDING);
        opened.begin();
        load = opened;
        say("opened");
    }
}
