package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.proto.HelloReply.Verdict;
import io.reactorraft.spi.Transport.Refusal;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A peer that was just started again may not know yet whom the group has added: its word counts only when nobody is elected. */
class RefusedWhileNobodyLeadsTest {
    private static final Refusal REMOVED = new Refusal(Verdict.REMOVED, "it was removed", 1);

    @Test
    void anElectionHasTimeToSayOtherwise() {
        VirtualCluster cluster = new VirtualCluster(5, 3).started();
        cluster.pass(Duration.ofSeconds(1));
        cluster.kill("n2");
        cluster.kill("n3");
        cluster.pass(Duration.ofSeconds(4)); // nobody leads
        cluster.network.tell("n1", "n2", REMOVED);
        cluster.network.tell("n1", "n3", REMOVED);
        cluster.pass(Duration.ofMillis(2_500));
        assertThat(cluster.machine("n1").ending()).isNull();
        cluster.start("n2");
        cluster.start("n3");
        cluster.leader();
        cluster.pass(Duration.ofSeconds(10));
        assertThat(cluster.machine("n1").ending()).isNull();
    }

    @Test
    void whoIsRefusedAndNobodyLeadsItEnds() {
        VirtualCluster cluster = new VirtualCluster(6, 3).started();
        cluster.kill("n2");
        cluster.kill("n3");
        cluster.pass(Duration.ofSeconds(4));
        cluster.network.tell("n1", "n2", REMOVED);
        cluster.network.tell("n1", "n3", REMOVED);
        cluster.pass(Duration.ofSeconds(4));
        assertThat(cluster.machine("n1").ending()).isEqualTo(Ending.REMOVED);
    }
}
