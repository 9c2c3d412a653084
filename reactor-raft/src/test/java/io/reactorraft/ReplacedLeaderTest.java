package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.proto.HelloReply.Verdict;
import io.reactorraft.spi.Transport.Refusal;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A member that slept while another one was replaced refuses it as wiped, and must not be lost where that one leads. */
class ReplacedLeaderTest {

    @Test
    void whoMissedTheReplacementHearsOfItFromAnotherLeader() {
        VirtualCluster cluster = new VirtualCluster(11, 5).started();
        cluster.pass(Duration.ofSeconds(2)); // the data ids are noted
        String sleeper = cluster.follower();
        cluster.kill(sleeper);
        String lost = List.of("n1", "n2", "n3", "n4", "n5").stream()
                .filter(id -> !id.equals(sleeper) && !id.equals(cluster.leader()))
                .findFirst()
                .orElseThrow();
        cluster.kill(lost);
        cluster.pass(Duration.ofSeconds(1));
        Told<?> replaced = Told.of(cluster.node(cluster.leader()).membership().replace(lost));
        cluster.pass(Duration.ofSeconds(5));
        assertThat(replaced.failed()).isFalse();
        cluster.joinAnew(lost, cluster.member(cluster.leader()).address());
        cluster.pass(Duration.ofSeconds(5));
        Told<Leadership> transferred = Told.of(cluster.node(cluster.leader()).transferLeadership(lost));
        cluster.pass(Duration.ofSeconds(2));
        assertThat(transferred.value().leaderId()).isEqualTo(lost);

        cluster.start(sleeper);
        cluster.pass(Duration.ofSeconds(15));
        Told<Applied<Long>> written = Told.of(cluster.node(sleeper).propose("awake"));
        cluster.pass(Duration.ofSeconds(2));
        assertThat(written.done()).isTrue();
        assertThat(written.failed()).isFalse();
        assertThat(cluster.applied(sleeper)).contains("awake");
    }

    /** Its disk is noted once it has met a leader, and it refuses this one. */
    @Test
    void whoIsNewAndRefusesItsLeaderHearsOfItFromAnotherOne() {
        VirtualCluster cluster = new VirtualCluster(12, 3).started();
        cluster.pass(Duration.ofSeconds(1));
        String leader = cluster.leader();
        Told<?> added = Told.of(cluster.node(leader).membership().add(cluster.member("n4")));
        cluster.pass(Duration.ofSeconds(1));
        assertThat(added.failed()).isFalse();
        assertThat(cluster.node(leader).membership().dataId("n4")).isEmpty();
        cluster.network.tell(leader, "n4", new Refusal(Verdict.WIPED, "it knows another '" + leader + "'"));
        cluster.pass(Duration.ofSeconds(5));
        assertThat(cluster.leader()).isNotEqualTo(leader);
    }
}
