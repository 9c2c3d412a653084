package io.reactorraft.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.Role;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class NodeConsoleTest {
    private final FakeNode node = new FakeNode();
    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private final NodeConsole console = new NodeConsole(
            node, () -> 42L, 256, new PrintStream(said, true, StandardCharsets.UTF_8), duration -> Thread.onSpinWait());

    @Test
    void tellsWhetherItLeads() throws InterruptedException {
        console.answer("role");
        node.role(Role.CANDIDATE);
        console.answer("role");
        node.role(Role.LEADER);
        console.answer(" role ");
        assertThat(answers()).containsExactly("@role follower", "@role follower", "@role leader");
    }

    @Test
    void loadsItselfWithWritesOfTheSizeAskedFor() throws InterruptedException {
        node.role(Role.LEADER);
        console.answer("load write 16 0.5 2.25");
        assertThat(answers()).hasSize(2).first().isEqualTo("@measuring");
        ResultLine result = ResultLine.parse(answers().get(1).substring("@result ".length()));
        assertThat(result.text("leader")).isEqualTo("true");
        assertThat(result.number("errors")).isZero();
        assertThat(node.lastSize()).isIn(0, 256);
        assertThat(node.reads()).isZero();
    }

    @Test
    void loadsItselfWithReads() throws InterruptedException {
        console.answer("load read 4 0 0");
        assertThat(answers().get(1)).startsWith("@result ");
        assertThat(node.proposals()).isZero();
    }

    @Test
    void tricklesWritesOneByOneAndCountsThoseAcknowledged() throws InterruptedException {
        node.failNext(1, new IllegalStateException("nobody leads"));
        console.answer("trickle 0");
        console.answer("trickle 0");
        assertThat(answers()).containsExactly("@trickled 0", "@trickled 1");
        assertThat(node.lastSize()).isEqualTo(256);
    }

    @Test
    void probesUntilAWriteIsAcknowledged() throws InterruptedException {
        node.failNext(3, new IllegalStateException("nobody leads"));
        long before = System.nanoTime();
        console.answer("probe 60");
        String[] words = answers().get(0).split(" ", -1);
        assertThat(words[0]).isEqualTo("@probed");
        assertThat(Long.parseLong(words[1])).isBetween(before, System.nanoTime());
        assertThat(words[2]).isEqualTo("4");
    }

    @Test
    void aProbeThatNeverSucceedsSaysSo() throws InterruptedException {
        node.failNext(Integer.MAX_VALUE, new IllegalStateException("nobody leads"));
        console.answer("probe 0");
        assertThat(answers()).containsExactly("@probed -1 1");
    }

    @Test
    void tellsWhatItsProcessAllocatesAndKeeps() throws InterruptedException {
        console.answer("allocated");
        console.answer("allocated");
        console.answer("heap");
        long before = Long.parseLong(answers().get(0).substring("@allocated ".length()));
        long after = Long.parseLong(answers().get(1).substring("@allocated ".length()));
        assertThat(after).isGreaterThan(before);
        assertThat(Long.parseLong(answers().get(2).substring("@heap ".length())))
                .isPositive();
    }

    @Test
    void gathersSubscribersAndLetsThemGo() throws InterruptedException {
        console.answer("gather 5 free");
        console.answer("disperse");
        assertThat(answers()).containsExactly("@gathered 5", "@dispersed");
    }

    @Test
    void whatItCannotDoIsAnErrorInOneLine() throws InterruptedException {
        console.answer("dance");
        console.answer("load sideways 1 0 0");
        console.answer("load write 1");
        console.say("error a\nb");
        assertThat(answers()).hasSize(4).allMatch(answer -> answer.startsWith("@error"));
        assertThat(answers().get(0)).contains("dance");
        assertThat(answers().get(1)).contains("SIDEWAYS");
        assertThat(answers().get(3)).isEqualTo("@error a b");
    }

    private List<String> answers() {
        return said.toString(StandardCharsets.UTF_8).lines().toList();
    }
}
