package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** As many reads at once as a node takes by default. */
class ManyReadsTest {
    private static final int MOST = RaftConfig.defaults().maxPendingReads();

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void allThatFitAreAnsweredOneMoreIsRefusedAndThenThereIsRoomAgain(boolean onLeader) {
        assertThat(MOST).isEqualTo(100_000);
        VirtualCluster cluster = new VirtualCluster(141, 3).started();
        RaftNode<String, Long> node = cluster.node(onLeader ? cluster.leader() : cluster.follower());
        Told.of(node.propose("x")).after(cluster).value();
        AtomicInteger answered = new AtomicInteger();
        AtomicReference<@Nullable Throwable> failed = new AtomicReference<>();
        for (int i = 0; i < MOST; i++) {
            node.read(() -> cluster.applied(node.id()).size())
                    .subscribe(
                            seen -> {
                                assertThat(seen).isEqualTo(1);
                                answered.incrementAndGet();
                            },
                            failed::set);
        }
        Told<Integer> oneMore = Told.of(node.read(() -> 1));
        cluster.pass(Duration.ofMillis(100));
        assertThat(failed.get()).isNull();
        assertThat(answered).hasValue(MOST);
        assertThat(oneMore.error())
                .isInstanceOfSatisfying(
                        RaftException.Overloaded.class,
                        overloaded -> assertThat(overloaded.retryAfter()).isPositive());
        assertThat(Told.of(node.read(() -> 1)).after(cluster).value()).isEqualTo(1);
    }
}
