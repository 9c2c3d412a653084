package io.reactorraft.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ResultLineTest {

    @Test
    void pairsKeepTheirOrderThereAndBack() {
        ResultLine line =
                ResultLine.empty().with("peer", "reactor-raft").with("conc", 64).with("p50", 1234.56, 1);
        assertThat(line).hasToString("peer=reactor-raft conc=64 p50=1234.6");
        assertThat(ResultLine.parse(line.toString())).isEqualTo(line);
    }

    @Test
    void valuesAreOneWordSoThatTheLineCanBeTakenApart() {
        assertThat(ResultLine.empty().with("firstError", "no leader:\n try again "))
                .hasToString("firstError=no_leader:_try_again");
        assertThat(ResultLine.empty().with("variant", " ")).hasToString("variant=-");
    }

    @Test
    void aValueMayHoldAnEqualsSign() {
        assertThat(ResultLine.parse("firstError=NotLeader{id=n2}").text("firstError"))
                .isEqualTo("NotLeader{id=n2}");
    }

    @Test
    void whatIsMissingIsADashOrNotANumber() {
        assertThat(ResultLine.empty().text("p99")).isEqualTo("-");
        assertThat(ResultLine.empty().number("p99")).isNaN();
        assertThat(ResultLine.empty().with("p99", Double.NaN, 1).number("p99")).isNaN();
    }

    @Test
    void whatIsNoNumberIsNamed() {
        assertThatThrownBy(() -> ResultLine.parse("p99=fast").number("p99"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("p99 is not a number: fast");
    }

    @Test
    void wordsThatAreNoPairsAreRefused() {
        assertThatThrownBy(() -> ResultLine.parse("peer=x oops"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'oops'");
        assertThatThrownBy(() -> ResultLine.parse("=x")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void linesAreJoinedAndKeysTakenOut() {
        ResultLine joined = ResultLine.parse("a=1 b=2").with(ResultLine.parse("b=3 c=4"));
        assertThat(joined).hasToString("a=1 b=3 c=4");
        assertThat(joined.without("b")).hasToString("a=1 c=4");
    }
}
