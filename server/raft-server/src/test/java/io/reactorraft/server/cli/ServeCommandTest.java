package io.reactorraft.server.cli;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.Ending;
import io.reactorraft.RaftException;
import io.reactorraft.server.FakeNode;
import io.reactorraft.server.FakeServers;
import io.reactorraft.server.kv.KeyValueStore;
import io.reactorraft.spi.StartRefusedException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

/** How a life of {@code serve} ends, and what it leaves behind: an exit code, and one line where something was wrong. */
class ServeCommandTest {

    private static final Duration SOON = Duration.ofSeconds(60);

    private final FakeNode node = new FakeNode(new KeyValueStore());
    private final Sinks.Empty<Void> asked = Sinks.empty();
    private final Sinks.Empty<Void> ready = Sinks.empty();
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @Test
    void saysWhereItIsAndEndsWithZeroWhenAsked() {
        assertThat(runUntilReadyAnd(asked::tryEmitEmpty)).isZero();
        assertThat(text(out)).matches("ready id=n1 http=127\\.0\\.0\\.1:[1-9][0-9]* peer=127\\.0\\.0\\.1:7001\n");
        assertThat(text(err)).isEmpty();
        assertThat(node.stops()).isEqualTo(1);
    }

    @Test
    void canBeStoppedWhileTheLogIsStillBeingRecovered() {
        node.starting(Mono.<Void>fromRunnable(asked::tryEmitEmpty).then(Mono.never()));
        assertThat(run()).isZero();
        assertThat(text(out)).isEmpty();
        assertThat(node.stops()).isEqualTo(1);
    }

    @Test
    void aNodeThatFailsEndsItWithOne() {
        IOException cause = new IOException("No space left on device");
        assertThat(runUntilReadyAnd(() -> node.fail(new RaftException.Stopped("n1 failed", cause))))
                .isEqualTo(1);
        assertThat(text(err)).isEqualTo("raft-server serve: n1 failed: java.io.IOException: No space left on device\n");
        assertThat(node.stops()).as("what is left is put in order").isEqualTo(1);
    }

    @Test
    void aMemberThatWasRemovedNeedNotBeRestarted() {
        assertThat(runUntilReadyAnd(() -> node.end(Ending.REMOVED))).isEqualTo(4);
        assertThat(text(err)).contains("was removed from its cluster").hasLineCount(1);
    }

    @ParameterizedTest
    @CsvSource({"LOCKED,1", "FOREIGN,1", "DAMAGED,4", "NEWER,4"})
    void aRefusalIsTheNodesOwnLine(StartRefusedException.Kind kind, int code) {
        StartRefusedException refused = new StartRefusedException(kind, "data/n1: says no; ask elsewhere");
        node.starting(Mono.error(new RaftException.Stopped("the node could not start", refused)));
        assertThat(run()).isEqualTo(code);
        assertThat(text(err)).isEqualTo("raft-server serve: data/n1: says no; ask elsewhere\n");
        assertThat(text(out)).isEmpty();
    }

    private int runUntilReadyAnd(Runnable then) {
        ready.asMono().publishOn(Schedulers.boundedElastic()).subscribe(nothing -> {}, error -> {}, then);
        return run();
    }

    private int run() {
        ServeCommand command = new ServeCommand(Map.of(), new Telling(out), stream(err));
        return requireNonNull(Mono.fromCallable(() -> command.run(FakeServers.around(node), () -> {}, asked.asMono()))
                .subscribeOn(Schedulers.boundedElastic())
                .block(SOON));
    }

    /** Standard output that tells when the ready line was printed. */
    private final class Telling extends PrintStream {
        Telling(ByteArrayOutputStream to) {
            super(to, true, StandardCharsets.UTF_8);
        }

        @Override
        public void println(String line) {
            super.println(line);
            ready.tryEmitEmpty();
        }
    }

    private static PrintStream stream(ByteArrayOutputStream to) {
        return new PrintStream(to, true, StandardCharsets.UTF_8);
    }

    private static String text(ByteArrayOutputStream from) {
        return from.toString(StandardCharsets.UTF_8);
    }
}
