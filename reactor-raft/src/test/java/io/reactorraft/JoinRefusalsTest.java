package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.reactorraft.proto.ForwardReply;
import io.reactorraft.proto.ForwardRequest;
import io.reactorraft.proto.HelloReply.Verdict;
import io.reactorraft.proto.MemberRequest;
import io.reactorraft.spi.StartRefusedException;
import io.reactorraft.spi.StartRefusedException.Kind;
import io.reactorraft.spi.Transport;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every way not to be let in: each is told within its time, says why, and leaves the group as it was. */
class JoinRefusalsTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    /** As long as a node goes on asking where nobody answers for good. */
    private static final Duration PATIENCE = VirtualCluster.CONFIG
            .requestTimeout()
            .multipliedBy(Joining.PATIENCE)
            .plus(SECOND.multipliedBy(2));

    /**
     * A refusal.
     *
     * @param kind null: it is none of these, but time that is over
     * @param within how soon it is told
     */
    private record Refusal(
            Consumer<VirtualCluster> before,
            String id,
            List<String> seeds,
            @Nullable Kind kind,
            Duration within,
            String said) {}

    static List<Arguments> refusals() {
        List<String> all = List.of("host1:7000", "host2:7000", "host3:7000");
        return List.of(
                row(
                        "at an address where nobody answers",
                        cluster -> cluster.network.hide("host4:7000"),
                        "n4",
                        all,
                        Kind.ADDRESS,
                        "'n4' does not answer at host4:7000"),
                row(
                        "under the id of a member, with another disk",
                        stop("n3"),
                        "n3",
                        all,
                        Kind.WIPED,
                        "member replace n3"),
                row("under the id of one that was removed", remove("n3"), "n3", all, Kind.WIPED, "was removed: add it"),
                row("without anybody to ask", cluster -> {}, "n4", List.of(), Kind.FOREIGN, "say which members to ask"),
                late("where nobody leads", cluster -> {
                    stop("n2").accept(cluster);
                    stop("n3").accept(cluster);
                }),
                late("where nobody is", cluster -> List.of("n1", "n2", "n3").forEach(id -> stop(id).accept(cluster))));
    }

    private static Arguments row(
            String name, Consumer<VirtualCluster> before, String id, List<String> seeds, Kind kind, String said) {
        return Arguments.of(Named.of(name, new Refusal(before, id, seeds, kind, SECOND.multipliedBy(5), said)));
    }

    private static Arguments late(String name, Consumer<VirtualCluster> before) {
        return Arguments.of(Named.of(
                name,
                new Refusal(
                        before,
                        "n4",
                        List.of("host1:7000", "host2:7000"),
                        null,
                        PATIENCE,
                        "nobody of host1:7000, host2:7000 let 'n4' in within")));
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void eachIsToldWithinItsTimeAndChangesNothing(Refusal refusal) {
        VirtualCluster cluster = new VirtualCluster(1, 3).started();
        cluster.pass(SECOND);
        refusal.before.accept(cluster);
        Told<Ending> ended = Told.of(cluster.joinAnew(refusal.id, refusal.seeds.toArray(String[]::new))
                .closed());
        cluster.pass(refusal.within);
        assertThat(ended.error()).hasMessageContaining(refusal.said);
        if (ended.error() instanceof StartRefusedException refused) {
            assertThat(refused.kind()).isEqualTo(refusal.kind);
        } else {
            assertThat(refusal.kind).isNull();
            assertThat(ended.error()).isInstanceOf(RaftException.NotLeader.class);
        }
        assertThat(cluster.node("n1").membership().members())
                .extracting(Member::id)
                .doesNotContain("n4");
    }

    @Test
    void aPassingAnswerIsAskedAgain() {
        VirtualCluster cluster = new VirtualCluster(4, 3).started();
        cluster.network.hide("host4:7000");
        cluster.joinAnew("n4", "host1:7000", "host2:7000", "host3:7000");
        cluster.pass(SECOND);
        assertThat(cluster.node("n1").membership().members())
                .extracting(Member::id)
                .doesNotContain("n4");
        cluster.network.show("host4:7000");
        cluster.pass(SECOND.multipliedBy(5));
        assertThat(cluster.machine("n4").failure()).isNull();
        assertThat(cluster.node("n1").membership().members()).contains(cluster.member("n4"));
    }

    @Test
    void whoIsCalledBackHasToBeWhoAsked() {
        VirtualCluster cluster = new VirtualCluster(5, 3).started();
        cluster.network.answers("host4:7000", "n2");
        Told<Ending> ended = Told.of(cluster.joinAnew("n4", "host1:7000").closed());
        cluster.pass(SECOND.multipliedBy(5));
        assertThat(ended.error())
                .isInstanceOfSatisfying(
                        StartRefusedException.class,
                        refused -> assertThat(refused.kind()).isEqualTo(Kind.ADDRESS))
                .hasMessageContaining("'n2' answers there");
        assertThat(cluster.node("n1").membership().members())
                .extracting(Member::id)
                .doesNotContain("n4");
    }

    @Test
    void whoIsCalledBackHasToHaveTheDiskOfTheOneWhoAsked() throws InvalidProtocolBufferException {
        VirtualCluster cluster = new VirtualCluster(6, 3).started();
        cluster.network.isolate("n1");
        cluster.joinAnew("n4", "host1:7000");
        cluster.pass(Duration.ofMillis(100)); // it has asked in vain, and waits a little
        cluster.network.heal();
        ByteBuffer forged = ForwardRequest.newBuilder()
                .setGroupId("default")
                .setFrom("n4")
                .setTimeoutMillis(5_000)
                .setMembers(MemberRequest.newBuilder()
                        .setKind(MemberRequest.Kind.JOIN)
                        .addMembers(cluster.member("n4").toProto().toBuilder()
                                .setDataId(ByteString.copyFromUtf8("another's"))))
                .build()
                .toByteString()
                .asReadOnlyByteBuffer();
        String leader = cluster.leader();
        Told<ByteBuffer> answer = Told.of(cluster.network
                .transport("forger")
                .request("default", cluster.member(leader).address(), forged));
        cluster.pass(Duration.ofMillis(20)); // before the real one asks again
        assertThat(ForwardReply.parseFrom(answer.value()).getReason()).contains("with another disk");
        cluster.pass(SECOND.multipliedBy(5));
        assertThat(cluster.node("n2").membership().members()).contains(cluster.member("n4"));
    }

    /** It has read a part of the log before, in which the leader was another member, and is sent the rest once it is let in. */
    @ParameterizedTest
    @EnumSource(names = {"NOT_YET", "REMOVED", "WIPED"})
    void whoTakesItsLeaderForAStrangerIsCalledBackAgain(Verdict verdict) {
        VirtualCluster cluster = new VirtualCluster(8, 3).started();
        cluster.network.refuses("host4:7000", new Transport.Refusal(verdict, "the group knows another 'n1'"));
        Told<Ending> ended =
                Told.of(cluster.joinAnew("n4", "host1:7000", "host2:7000").closed());
        cluster.pass(SECOND.multipliedBy(20));
        assertThat(ended.done()).isFalse();
        assertThat(cluster.node("n1").membership().members()).doesNotContain(cluster.member("n4"));
        cluster.network.refuses("host4:7000", null);
        cluster.pass(SECOND.multipliedBy(3));
        assertThat(cluster.node("n1").membership().members()).contains(cluster.member("n4"));
    }

    /** An old list of members may have it as one that was removed; while nobody leads nobody can tell who is right. */
    @Test
    void oneThatRefusesIsNotBelievedWhileAnotherTakesTheRequest() {
        VirtualCluster cluster = new VirtualCluster(10, 3).started();
        cluster.network.refuses("host1:7000", new Transport.Refusal(Verdict.REMOVED, "'n4' was removed", 7));
        stop("n1").accept(cluster);
        stop("n3").accept(cluster);
        Told<Ending> ended =
                Told.of(cluster.joinAnew("n4", "host1:7000", "host2:7000").closed());
        cluster.pass(SECOND.multipliedBy(20));
        assertThat(ended.done()).isFalse();
        cluster.start("n3");
        cluster.pass(SECOND.multipliedBy(6));
        assertThat(cluster.node("n2").membership().members()).contains(cluster.member("n4"));
    }

    /** Who joins at the same time reads of the group before its own time, too. */
    @Test
    void oneThatDoesNotSayHowMuchItKnowsIsNotBelieved() {
        VirtualCluster cluster = new VirtualCluster(11, 3).started();
        cluster.network.refuses("host1:7000", new Transport.Refusal(Verdict.REMOVED, "'n4' was removed"));
        Told<Ending> ended = Told.of(cluster.joinAnew("n4", "host1:7000").closed());
        cluster.pass(SECOND.multipliedBy(20));
        assertThat(ended.done()).isFalse();
        cluster.network.refuses("host1:7000", new Transport.Refusal(Verdict.REMOVED, "'n4' was removed", 7));
        cluster.pass(SECOND.multipliedBy(5));
        assertThat(ended.error()).hasMessageContaining("'n4' was removed");
    }

    @Test
    void whoBelongsToAnotherClusterIsNotCalledBackForEver() {
        VirtualCluster cluster = new VirtualCluster(9, 3).started();
        cluster.network.refuses(
                "host4:7000", new Transport.Refusal(Verdict.WRONG_CLUSTER, "it belongs to the cluster 'other'"));
        Told<Ending> ended = Told.of(cluster.joinAnew("n4", "host1:7000").closed());
        cluster.pass(SECOND.multipliedBy(5));
        assertThat(ended.error()).hasMessageContaining("belongs to the cluster 'other'");
    }

    @Test
    void whoHasNoVerdictYetHasRefusedNobody() {
        VirtualCluster cluster = new VirtualCluster(7, 3).started();
        String seed = cluster.member("n1").address();
        cluster.network.refuses(seed, new Transport.Refusal(Verdict.NOT_YET, "'n1' is still starting"));
        Told<Ending> ended = Told.of(cluster.joinAnew("n4", seed).closed());
        cluster.pass(SECOND.multipliedBy(20));
        assertThat(ended.done()).isFalse();
        cluster.network.refuses(seed, null);
        cluster.pass(SECOND.multipliedBy(3));
        assertThat(cluster.node("n1").membership().members()).contains(cluster.member("n4"));
    }

    @Test
    void joiningAgainIsNoRefusal() {
        VirtualCluster cluster = new VirtualCluster(2, 3).started();
        cluster.join("n4", "host1:7000");
        cluster.pass(SECOND.multipliedBy(5));
        stop("n4").accept(cluster);
        Told<Ending> ended = Told.of(cluster.start("n4").closed());
        cluster.pass(SECOND.multipliedBy(5));
        assertThat(ended.done()).isFalse();
        assertThat(cluster.node("n4").status().leadership().leaderId()).isNotNull();
        assertThat(cluster.node("n1").membership().members())
                .extracting(Member::id)
                .containsExactlyInAnyOrder("n1", "n2", "n3", "n4");
    }

    @Test
    void aRemovedDiskIsToldSoAndItsIdComesBackWithAnEmptyOneOnceItIsAdded() {
        VirtualCluster cluster = new VirtualCluster(3, 3).started();
        cluster.pass(SECOND);
        remove("n3").accept(cluster);
        Told<Ending> again = Told.of(cluster.start("n3").closed());
        cluster.pass(SECOND.multipliedBy(6));
        assertThat(again.value()).isEqualTo(Ending.REMOVED);
        Told<List<Member>> added = Told.of(cluster.node("n1").membership().add(cluster.member("n3")));
        cluster.pass(SECOND.multipliedBy(2));
        assertThat(added.done()).isTrue();
        cluster.joinAnew("n3", "host1:7000");
        cluster.pass(SECOND.multipliedBy(6));
        assertThat(cluster.node("n1").membership().members()).contains(cluster.member("n3"));
    }

    private static Consumer<VirtualCluster> stop(String id) {
        return cluster -> {
            Told<Void> stopped = Told.of(cluster.node(id).stop());
            cluster.pass(SECOND.multipliedBy(10));
            assertThat(stopped.done()).isTrue();
        };
    }

    private static Consumer<VirtualCluster> remove(String id) {
        return cluster -> {
            Told<List<Member>> removed = Told.of(cluster.node("n1").membership().remove(id));
            cluster.pass(SECOND.multipliedBy(6));
            assertThat(removed.done()).isTrue();
        };
    }
}
