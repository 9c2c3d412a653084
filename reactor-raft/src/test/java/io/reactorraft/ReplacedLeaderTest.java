package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.proto.HelloReply.Verdict;
import io.reactorraft.spi.Transport.Refusal;
import java.time.Duration;
import java.util.List;
import java.util.Set;
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

    @Test
    void itHandsOverOnceALeadershipAndOnlyForMembers() {
        MistakenPeers mistaken = new MistakenPeers(10);
        Refusal wiped = new Refusal(Verdict.WIPED, "another disk");
        mistaken.refused("n3", wiped);
        mistaken.refused("n4", new Refusal(Verdict.REMOVED, "gone"));
        assertThat(due(mistaken, false, 100)).isZero();
        assertThat(due(mistaken, true, 29)).isZero();
        assertThat(due(mistaken, true, 1)).isEqualTo(1);
        assertThat(due(mistaken, true, 200)).isZero();
        assertThat(due(mistaken, false, 1)).isZero();
        assertThat(due(mistaken, true, 200)).isEqualTo(1);
        mistaken.welcomed("n3");
        assertThat(due(mistaken, true, 200)).isZero();
        mistaken.refused("n9", wiped); // no member
        assertThat(due(mistaken, true, 200)).isZero();
    }

    private static int due(MistakenPeers mistaken, boolean leading, int ticks) {
        int due = 0;
        for (int i = 0; i < ticks; i++) {
            due += mistaken.tick(leading, Set.of("n1", "n2", "n3")) ? 1 : 0;
        }
        return due;
    }
}
