package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is asked of a follower, when the way to the leader breaks at the worst moment. */
class FollowersTest {

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void aProposalIsAppliedOnceOrNeverWheneverTheConnectionBreaks(long millis) {
        VirtualCluster cluster = new VirtualCluster(151, 3).started();
        cluster.pass(Duration.ofSeconds(1));
        String leader = cluster.leader();
        String follower = cluster.follower();
        Told<Applied<Long>> told = Told.of(cluster.node(follower).propose("once"));
        cluster.pass(Duration.ofMillis(millis));
        cluster.network.isolate(follower);
        cluster.pass(Duration.ofMillis(500));
        cluster.network.heal();
        cluster.pass(Duration.ofSeconds(15));
        assertThat(told.done()).isTrue();
        assertThat(cluster.applied(leader)).hasSizeLessThanOrEqualTo(1);
        if (told.failed()) {
            assertThat(told.error()).isInstanceOf(RaftException.OutcomeUnknown.class);
        } else {
            assertThat(cluster.applied(leader)).containsExactly("once");
        }
        assertThat(cluster.applied(follower)).isEqualTo(cluster.applied(leader));
    }

    @Test
    void aReadThatTheLeaderTookToItsEndIsAskedAgainOfTheNext() {
        VirtualCluster cluster = new VirtualCluster(152, 3).started();
        Told.of(cluster.node(cluster.leader()).propose("x")).after(cluster).value();
        String follower = cluster.follower();
        cluster.network.isolate(cluster.leader());
        Told<Integer> read = Told.of(
                cluster.node(follower).read(() -> cluster.applied(follower).size()));
        cluster.pass(Duration.ofMillis(500));
        assertThat(read.done()).as("nobody can confirm it yet").isFalse();
        cluster.pass(Duration.ofSeconds(5));
        assertThat(read.value()).isEqualTo(1);
    }

    @Test
    void readsThatWaitShareARoundOfHeartbeats() {
        VirtualCluster cluster = new VirtualCluster(153, 3).started();
        cluster.pass(Duration.ofSeconds(1));
        String follower = cluster.follower();
        long before = cluster.network.sent(follower, MessageType.MSG_READ_INDEX);
        List<Told<Integer>> reads = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            reads.add(Told.of(cluster.node(follower).read(() -> 1)));
        }
        cluster.pass(Duration.ofMillis(50));
        assertThat(reads).allSatisfy(read -> assertThat(read.value()).isEqualTo(1));
        assertThat(cluster.network.sent(follower, MessageType.MSG_READ_INDEX) - before)
                .as("the first alone, the others together")
                .isBetween(1L, 2L);
    }

    @Test
    void whatAnotherMemberAsksIsNotPassedOnInItsName() {
        VirtualCluster cluster = new VirtualCluster(154, 3).started();
        cluster.pass(Duration.ofSeconds(1));
        String follower = cluster.follower();
        String other = cluster.nodes.keySet().stream()
                .filter(id -> !id.equals(follower) && !id.equals(cluster.leader()))
                .findFirst()
                .orElseThrow();
        for (MessageType asked : List.of(MessageType.MSG_READ_INDEX, MessageType.MSG_TRANSFER_LEADER)) {
            long before = cluster.network.sent(follower, asked);
            cluster.network.deliver(Message.newBuilder()
                    .setType(asked)
                    .setFrom(other)
                    .setTo(follower)
                    .addEntries(Entry.newBuilder().setData(ByteString.copyFromUtf8("a round")))
                    .build());
            cluster.pass(Duration.ofMillis(50));
            assertThat(cluster.network.sent(follower, asked)).as("%s", asked).isEqualTo(before);
        }
    }
}
