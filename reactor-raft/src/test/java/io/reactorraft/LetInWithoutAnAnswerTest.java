package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Whoever has become a member is one, even where nobody ever answered when it asked to be let in. */
class LetInWithoutAnAnswerTest {

    @Test
    void whoIsAddedBySomebodyElseStaysAlthoughNobodyAnsweredItself() {
        VirtualCluster cluster = new VirtualCluster(7, 3).started();
        cluster.join("n4", "host9:7000"); // nobody is there
        cluster.node("n1").membership().add(cluster.member("n4")).subscribe();
        Duration patience = VirtualCluster.CONFIG.requestTimeout().multipliedBy(Joining.PATIENCE);
        cluster.pass(patience.plusSeconds(5));
        assertThat(cluster.machine("n4").failure()).isNull();
        assertThat(cluster.machine("n4").ending()).isNull();
        assertThat(cluster.node("n4").membership().members())
                .contains(cluster.member("n4"))
                .hasSize(4);
    }

    /** Its disk is slow, so the entry that lets it in is long in coming; but no leader talks to whom it has not let in. */
    @Test
    void whoIsLedAlreadyWaitsForTheLogAndNotForAnAnswer() {
        VirtualCluster cluster = new VirtualCluster(9, 3).started();
        cluster.join("n4", "host9:7000"); // nobody is there
        cluster.pass(Duration.ofSeconds(1));
        cluster.log("n4").stall();
        cluster.node("n1").membership().add(cluster.member("n4")).subscribe();
        Duration patience = VirtualCluster.CONFIG.requestTimeout().multipliedBy(Joining.PATIENCE);
        cluster.pass(patience.plusSeconds(5));
        assertThat(cluster.node("n4").membership().members()).isEmpty();
        assertThat(cluster.machine("n4").failure()).isNull();
        cluster.log("n4").recover();
        cluster.pass(Duration.ofSeconds(5));
        assertThat(cluster.node("n4").membership().members())
                .contains(cluster.member("n4"))
                .hasSize(4);
    }
}
