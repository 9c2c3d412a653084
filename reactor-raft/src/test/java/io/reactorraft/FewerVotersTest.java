package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Voters go only where those that are left can elect a leader among them. */
class FewerVotersTest {

    @Test
    void aVoterThatAnswersAndHoldsNothingYetDoesNotCountAsOneThatIsLeft() {
        VirtualCluster cluster = new VirtualCluster(3, 3);
        cluster.start("n1");
        cluster.start("n2");
        String leader = cluster.leader();
        String other = leader.equals("n1") ? "n2" : "n1";
        cluster.start("n3");
        cluster.log("n3").stall(); // it answers heartbeats, and nothing gets to its disk
        cluster.pass(Duration.ofSeconds(3));
        Told<?> removal = Told.of(cluster.node(leader).membership().remove(other));
        cluster.pass(Duration.ofSeconds(9));
        assertThat(cluster.node(leader).membership().members()).hasSize(3);
        assertThat(removal.done()).as("still waits").isFalse();

        cluster.log("n3").recover();
        cluster.pass(Duration.ofSeconds(5));
        String now = cluster.leader();
        assertThat(cluster.node(now).membership().members()).hasSize(2);
        cluster.kill(leader);
        cluster.start(leader);
        assertThat(cluster.leader()).isIn(leader, "n3");
    }
}
