package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.reactorraft.spi.StartRefusedException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

/** A group that begins with a state, for instance of a backup. */
class FoundingTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    @Test
    void allBeginWithTheStateAndGoOnFromThere() {
        VirtualCluster cluster = new VirtualCluster(1, 3);
        List.of("n1", "n2", "n3").forEach(id -> found(cluster, id).value(cluster));
        cluster.started();
        cluster.pass(SECOND);
        List.of("n1", "n2", "n3")
                .forEach(id -> assertThat(cluster.applied(id)).as(id).containsExactly("one", "two"));
        assertThat(Told.of(cluster.node("n2").propose("three"))
                        .after(cluster)
                        .value()
                        .result())
                .isEqualTo(3);
        assertThat(cluster.node("n1").membership().members())
                .extracting(Member::id)
                .containsExactly("n1", "n2", "n3");
        cluster.pass(SECOND);

        cluster.join("n4", "host1:7000");
        cluster.pass(SECOND.multipliedBy(5));
        assertThat(cluster.applied("n4")).as("the state comes first").containsExactly("one", "two", "three");
    }

    /** With an empty disk it founds as any first member does, and that must not pass for having the state. */
    @Test
    void aFounderWhoseDiskIsLostGetsTheStateLikeAnybodyElse() {
        VirtualCluster cluster = new VirtualCluster(3, 3);
        List.of("n1", "n2").forEach(id -> found(cluster, id).value(cluster));
        cluster.started();
        cluster.pass(SECOND.multipliedBy(5));
        assertThat(cluster.applied("n3")).containsExactly("one", "two");
    }

    @Test
    void aDirectoryThatIsInUseIsLeftAsItIs() {
        VirtualCluster cluster = new VirtualCluster(2, 1).started();
        Told<Applied<Long>> written =
                Told.of(cluster.node("n1").propose("kept")).after(cluster);
        assertThat(written.value().result()).isEqualTo(1);
        Told<Void> stopped = Told.of(cluster.node("n1").stop());
        cluster.pass(SECOND.multipliedBy(3));
        assertThat(stopped.done()).isTrue();
        assertThat(found(cluster, "n1").told.error())
                .isInstanceOf(StartRefusedException.class)
                .hasMessageContaining("holds a log already");
        cluster.start("n1");
        cluster.leader();
        assertThat(cluster.applied("n1")).containsExactly("kept");
    }

    @Test
    void onlyOneOfTheFirstMembersBeginsWithIt() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RaftNode.builder("n9", new VirtualCluster.Journal("n9"))
                        .dataDir(Path.of("nowhere"))
                        .members("n1=host1:7000")
                        .join("host1:7000")
                        .address("host9:7000")
                        .found(Flux.empty()))
                .withMessageContaining("'n9' is not among members");
    }

    private record Founded(Told<Void> told) {
        void value(VirtualCluster cluster) {
            cluster.pass(SECOND);
            if (told.failed()) {
                throw new AssertionError(told.error());
            }
            assertThat(told.done()).isTrue();
        }
    }

    private static Founded found(VirtualCluster cluster, String id) {
        Flux<ByteBuffer> state = Flux.just("one", "two").map(Codec.utf8()::encode);
        int size = cluster.logs.size();
        Told<Void> told = Told.of(RaftNode.builder(id, new VirtualCluster.Journal(id))
                .dataDir(Path.of("nowhere"))
                .clusterId("test")
                .members(java.util.stream.IntStream.rangeClosed(1, size)
                        .mapToObj(i -> cluster.member("n" + i))
                        .toList())
                .logStore(cluster.log(id))
                .snapshotStore(cluster.snapshots(id))
                .found(state));
        cluster.pass(SECOND);
        return new Founded(told);
    }
}
