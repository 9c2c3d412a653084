package io.reactorraft.rsocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.reactorraft.proto.Hello;
import io.reactorraft.proto.HelloReply;
import io.reactorraft.proto.HelloReply.Verdict;
import io.reactorraft.proto.Member;
import io.reactorraft.spi.Transport.Identity;
import io.reactorraft.spi.Transport.Refusal;
import io.reactorraft.testkit.TransportNode;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The handshake")
class HandshakeTest {

    private final Handshake a = of("cluster", 0, "a");
    private final Handshake b = of("cluster", 0, "b");

    @Test
    void welcomesAMemberAndIsWelcomed() {
        HelloReply reply = b.judge(a.hello("b"));

        assertThat(reply.getVerdict()).isEqualTo(Verdict.WELCOME);
        assertThat(a.accept(reply, "b", "host:1").getSelf().getId()).isEqualTo("b");
    }

    @Test
    void carriesWhatAMemberIsToBeKnownBy() {
        Hello hello = a.hello("b");

        assertThat(hello.getSelf()).isEqualTo(a.identity().self());
        assertThat(hello.getBootId()).isEqualTo(a.identity().bootId());
        assertThat(hello.getSelf().getDataId().isEmpty()).isFalse();
        assertThat(hello.getTimeMillis()).isPositive();
    }

    @Test
    void letsWhoeverAnswersAnswerWhereNobodyIsMeant() {
        assertThat(b.judge(a.hello("")).getVerdict()).isEqualTo(Verdict.WELCOME);
    }

    @Test
    void refusesAnotherCluster() {
        refuses(
                of("other", 0, "a").hello("b"),
                Verdict.WRONG_CLUSTER,
                "'b' belongs to cluster 'cluster', 'a' to 'other'");
    }

    @Test
    void refusesAnEarlierGeneration() {
        HelloReply refusal = of("cluster", 1, "b").judge(a.hello("b"));
        assertThat(refusal.getVerdict()).isEqualTo(Verdict.WRONG_GENERATION);
        assertThat(refusal.getReason()).contains("'b' is of generation 1 of the cluster, 'a' of 0");
    }

    @Test
    void refusesACallerWhoMeantAnother() {
        refuses(a.hello("c"), Verdict.NOT_ADDRESSEE, "'c' was called, 'b' answers");
    }

    @Test
    void refusesACallerOfItsOwnName() {
        refuses(b.hello(""), Verdict.NOT_ADDRESSEE, "'b' is the id of the member that answers, too");
    }

    @Test
    void ofAnEarlierGenerationOnlyMembersAreWelcomeAndThoseOfNoneSoFar() {
        Identity later = new Identity("cluster", 2, TransportNode.member("b", "b:1"), TransportNode.boot());
        Handshake knowing = new Handshake(later, new Handshake.Judge() {
            @Override
            public @Nullable Refusal of(Member member) {
                return null;
            }

            @Override
            public boolean knows(Member member) {
                return member.getId().equals("a");
            }
        });
        assertThat(knowing.judge(of("cluster", 0, "a").hello("b")).getVerdict()).isEqualTo(Verdict.WELCOME);
        assertThat(knowing.judge(of("cluster", 1, "c").hello("b")).getVerdict()).isEqualTo(Verdict.WRONG_GENERATION);
        assertThat(knowing.judge(of("cluster", 3, "c").hello("b")).getVerdict())
                .as("who is behind finds out from its log")
                .isEqualTo(Verdict.WELCOME);
        assertThat(knowing.judge(of("cluster", Identity.NO_GENERATION, "c").hello("b"))
                        .getVerdict())
                .as("it is about to join")
                .isEqualTo(Verdict.WELCOME);
        assertThat(of("cluster", Identity.NO_GENERATION, "c")
                        .judge(knowing.hello("c"))
                        .getVerdict())
                .isEqualTo(Verdict.WELCOME);
    }

    @Test
    void refusesAnotherVersion() {
        Hello later = a.hello("b").toBuilder()
                .setProtocolVersion(Handshake.PROTOCOL_VERSION + 1)
                .build();

        refuses(later, Verdict.VERSION, "'b' speaks protocol version 1, 'a' speaks 2");
    }

    @Test
    void isNotMisledByAWelcomeFromSomebodyElse() {
        HelloReply welcome = HelloReply.newBuilder().setHello(b.hello("a")).build();
        HelloReply foreign =
                HelloReply.newBuilder().setHello(of("other", 0, "b").hello("a")).build();

        assertThatThrownBy(() -> a.accept(welcome, "c", "host:1")).hasMessageContaining("'c' was called, 'b' answers");
        assertThatThrownBy(() -> a.accept(foreign, "b", "host:1")).hasMessageContaining("WRONG_CLUSTER");
    }

    @Test
    void namesAddressVerdictAndReasonOfARefusal() {
        HelloReply refusal = HelloReply.newBuilder()
                .setVerdict(Verdict.REMOVED)
                .setReason("removed at index 7")
                .setKnownIndex(7)
                .setHello(b.hello("a"))
                .build();

        assertThatThrownBy(() -> a.accept(refusal, "b", "host:1"))
                .isInstanceOfSatisfying(Handshake.RefusedException.class, refused -> {
                    assertThat(refused.byPeer()).isTrue();
                    assertThat(refused.refusal()).isEqualTo(new Refusal(Verdict.REMOVED, "removed at index 7", 7));
                })
                .hasMessage("refused at host:1 as REMOVED: removed at index 7");
    }

    @Test
    void believesNoRefusalOfWhomItDidNotCallNorOfAnotherCluster() {
        for (Verdict verdict : List.of(Verdict.REMOVED, Verdict.WIPED, Verdict.WRONG_GENERATION, Verdict.NOT_YET)) {
            HelloReply foreign = HelloReply.newBuilder()
                    .setVerdict(verdict)
                    .setHello(of("other", 0, "b").hello("a"))
                    .build();
            isOurs(foreign, "b", Verdict.WRONG_CLUSTER);
            isOurs(foreign.toBuilder().setHello(b.hello("a")).build(), "c", Verdict.NOT_ADDRESSEE);
        }
    }

    private void isOurs(HelloReply reply, String addressee, Verdict verdict) {
        assertThatThrownBy(() -> a.accept(reply, addressee, "host:1"))
                .isInstanceOfSatisfying(Handshake.RefusedException.class, refused -> {
                    assertThat(refused.byPeer()).as("%s", reply.getVerdict()).isFalse();
                    assertThat(refused.refusal().verdict()).isEqualTo(verdict);
                });
    }

    @Test
    void takesAKeepaliveThatIsNeitherABurdenNorUseless() {
        assertThat(Handshake.acceptable(1_000, 3_000)).isTrue();
        assertThat(Handshake.acceptable(99, 3_000)).isFalse();
        assertThat(Handshake.acceptable(60_001, 180_000)).isFalse();
        assertThat(Handshake.acceptable(1_000, 1_999)).isFalse();
        assertThat(Handshake.acceptable(1_000, 100_001)).isFalse();
        assertThat(Handshake.acceptable(-1, -1)).isFalse();
        assertThat(Handshake.acceptable(0, 0)).isFalse();
    }

    private void refuses(Hello caller, Verdict verdict, String reason) {
        HelloReply reply = b.judge(caller);
        assertThat(reply.getVerdict()).isEqualTo(verdict);
        assertThat(reply.getReason()).contains(reason);
    }

    private static Handshake of(String clusterId, long generation, String id) {
        return new Handshake(
                new Identity(clusterId, generation, TransportNode.member(id, id + ":1"), TransportNode.boot()),
                member -> null);
    }
}
