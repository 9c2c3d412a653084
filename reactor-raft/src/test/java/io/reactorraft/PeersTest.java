package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.spi.PeerStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.BaseSubscriber;
import reactor.test.StepVerifier;

/** What a node shows of its peers: the core's view, the transport's, and their own words. */
class PeersTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final VirtualCluster cluster = new VirtualCluster(111, 3).started();

    @Test
    void aLeaderKnowsHowFarItsFollowersAreAndForHowLongTheyAreSilent() {
        cluster.pass(SECOND);
        String leader = cluster.leader();
        String follower = cluster.follower();
        cluster.network.isolate(follower);
        cluster.pass(SECOND.multipliedBy(3));
        assertThat(peer(leader, follower)).satisfies(silent -> {
            assertThat(silent.active()).isFalse();
            assertThat(silent.silence()).isBetween(Duration.ofMillis(2_300), Duration.ofMillis(3_300));
            assertThat(silent.progress()).isNotNull();
        });
        assertThat(peer(leader, leader)).satisfies(self -> {
            assertThat(self.active()).isTrue();
            assertThat(self.contact()).isNull();
            assertThat(self.standing())
                    .isEqualTo(new Peer.Standing(
                            Role.LEADER,
                            cluster.node(leader).status().leadership().term(),
                            leader,
                            leader));
        });
        assertThat(peer(follower, leader)).satisfies(seen -> {
            assertThat(seen.silence()).as("only a leader waits for answers").isNull();
            assertThat(seen.progress()).isNull();
        });
    }

    @Test
    void whatTheTransportKnowsIsShownWithWhatThePeerSays() {
        Instant since = Instant.ofEpochSecond(100);
        cluster.network.knows(new PeerStatus(
                "n2",
                true,
                since,
                "host2:7000",
                "connection refused",
                since.minusSeconds(5),
                Duration.ofMillis(3),
                Duration.ofMillis(-40),
                io.reactorraft.proto.Standing.newBuilder()
                        .setRole("FOLLOWER")
                        .setTerm(7)
                        .setVote("n3")
                        .build()));
        cluster.pass(SECOND);
        assertThat(peer("n1", "n2")).satisfies(peer -> {
            assertThat(peer.contact())
                    .isEqualTo(new Peer.Contact(
                            true,
                            since,
                            "connection refused",
                            since.minusSeconds(5),
                            Duration.ofMillis(3),
                            Duration.ofMillis(-40)));
            assertThat(peer.standing()).isEqualTo(new Peer.Standing(Role.FOLLOWER, 7, "n3", null));
        });
        assertThat(peer("n1", "n3").contact()).as("the transport knows nothing").isNull();
    }

    @Test
    void peersAreAskedAnewWhereTheyStandWhenTheLeaderChanges() {
        cluster.pass(SECOND);
        String leader = cluster.leader();
        long before = cluster.network.questions();
        cluster.pass(SECOND);
        assertThat(cluster.network.questions()).as("nothing changed").isEqualTo(before);
        cluster.network.isolate(leader);
        cluster.pass(SECOND.multipliedBy(5));
        assertThat(cluster.network.questions()).isGreaterThan(before);
    }

    @Test
    void theStreamShowsTheLatestAFewTimesASecondAndCompletes() {
        cluster.pass(SECOND);
        String leader = cluster.leader();
        List<List<Peer>> shown = new ArrayList<>();
        AtomicBoolean completed = new AtomicBoolean();
        cluster.node(leader).membership().peers().subscribe(shown::add, error -> {}, () -> completed.set(true));
        int before = shown.size();
        cluster.network.isolate(cluster.follower());
        cluster.pass(SECOND.multipliedBy(2));
        assertThat(before).as("the latest at once").isEqualTo(1);
        assertThat(shown.size() - before)
                .as("it falls more and more silent")
                .isBetween(2, 2 * LoopSide.LOOKS_PER_TIMEOUT + 1);
        assertThat(shown).allSatisfy(peers -> assertThat(peers).hasSize(3));

        cluster.node(leader).stop().subscribe();
        cluster.pass(SECOND.multipliedBy(10));
        assertThat(completed).isTrue();
        StepVerifier.create(cluster.node(leader).membership().peers())
                .expectNextCount(1)
                .expectComplete()
                .verify(SECOND.multipliedBy(10));
    }

    @Test
    void whoIsSlowSeesTheLatestAlone() {
        String leader = cluster.leader();
        List<List<Peer>> shown = new ArrayList<>();
        BaseSubscriber<List<Peer>> slow = new BaseSubscriber<>() {
            @Override
            protected void hookOnSubscribe(org.reactivestreams.Subscription subscription) {}

            @Override
            protected void hookOnNext(List<Peer> peers) {
                shown.add(peers);
            }
        };
        cluster.node(leader).membership().peers().subscribe(slow);
        cluster.pass(SECOND.multipliedBy(3));
        assertThat(shown).isEmpty();
        slow.request(1);
        assertThat(shown).containsExactly(cluster.node(leader).status().peers());
        slow.cancel();
    }

    private Peer peer(String observer, String id) {
        return cluster.node(observer).status().peers().stream()
                .filter(peer -> peer.member().id().equals(id))
                .findFirst()
                .orElseThrow();
    }
}
