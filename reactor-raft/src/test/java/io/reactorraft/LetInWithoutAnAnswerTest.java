package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.proto.MessageType;
import io.reactorraft.spi.StartRefusedException;
import java.time.Duration;
import java.util.List;
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

    /** It dials nobody, as it knows nobody, and its leader talks to it no more: so it has to ask again. */
    @Test
    void whoIsRemovedBeforeItHasReadAnythingIsToldSo() {
        VirtualCluster cluster = new VirtualCluster(10, 3).started();
        Told<Ending> ended = Told.of(ledWithoutALog(cluster).closed());
        remove(cluster);
        cluster.pass(Duration.ofSeconds(5));
        assertThat(ended.error())
                .isInstanceOfSatisfying(
                        StartRefusedException.class,
                        refused -> assertThat(refused.kind()).isEqualTo(StartRefusedException.Kind.WIPED))
                .hasMessageContaining("was removed: add it");
    }

    @Test
    void whoIsStartedAgainBeforeItHasReadAnythingAsksAgain() {
        VirtualCluster cluster = new VirtualCluster(12, 3).started();
        ledWithoutALog(cluster);
        cluster.kill("n4");
        remove(cluster);
        Told<Ending> ended = Told.of(cluster.start("n4").closed());
        cluster.pass(Duration.ofSeconds(5));
        assertThat(ended.error()).hasMessageContaining("was removed: add it");
    }

    @Test
    void whoIsLetInWaitsForALeaderHoweverLongThereIsNone() {
        VirtualCluster cluster = new VirtualCluster(13, 3).started();
        Told<Ending> ended = Told.of(ledWithoutALog(cluster).closed());
        List.of("n1", "n2", "n3").forEach(cluster::kill);
        cluster.pass(VirtualCluster.CONFIG.requestTimeout().multipliedBy(3 * Joining.PATIENCE));
        assertThat(ended.done()).isFalse();
        cluster.network.lose(message -> false);
        List.of("n1", "n2", "n3").forEach(cluster::start);
        cluster.pass(Duration.ofSeconds(10));
        assertThat(cluster.node("n4").membership().members()).hasSize(4);
    }

    /** A new member whose leader it has heard, and nothing else. */
    private static RaftNode<String, Long> ledWithoutALog(VirtualCluster cluster) {
        cluster.network.lose(message -> message.getTo().equals("n4") && message.getType() == MessageType.MSG_APPEND);
        RaftNode<String, Long> joined = cluster.joinAnew("n4", "host1:7000", "host2:7000", "host3:7000");
        cluster.pass(Duration.ofSeconds(5));
        assertThat(joined.status().leadership().leaderId()).isNotNull();
        assertThat(cluster.log("n4").lastIndex()).isZero();
        return joined;
    }

    private static void remove(VirtualCluster cluster) {
        Told<List<Member>> removed = Told.of(cluster.node("n1").membership().remove("n4"));
        cluster.pass(Duration.ofSeconds(2));
        assertThat(removed.failed()).isFalse();
    }
}
