package io.reactorraft.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.proto.HelloReply.Verdict;
import io.reactorraft.proto.Member;
import io.reactorraft.proto.Standing;
import io.reactorraft.spi.PeerStatus;
import io.reactorraft.spi.Transport.Refusal;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What every {@link io.reactorraft.spi.Transport} owes a group about whom it talks to: who is let in, and how they are. */
abstract class TransportPeersContract extends TransportExchangesContract {

    private static final Refusal WIPED = new Refusal(Verdict.WIPED, "another disk: use member replace");
    private static final Refusal NOT_YET = new Refusal(Verdict.NOT_YET, "still starting");
    private static final Refusal REMOVED = new Refusal(Verdict.REMOVED, "removed at index 7");

    @Test
    void aPeerThatTheGroupRefusesIsToldSoOnceAndNeitherHeardNorMet() {
        TransportNode a = start("a");
        TransportNode b = start("b");
        b.ear().judging(peer -> peer.getId().equals("a") ? WIPED : null);

        a.peers(a, b);
        a.awaitUnreachable(b);
        a.await("is told", node -> !node.ear().refusals().isEmpty());
        a.awaitUnreachable(b);

        assertThat(a.ear().refusals()).containsExactly(WIPED);
        assertThat(b.ear().messages()).isEmpty();
        assertThat(b.ear().met()).isEmpty();
    }

    @Test
    void aPeerIsJudgedByItsIdAndItsDataId() {
        TransportNode a = start("a");
        TransportNode b = start("b");
        b.ear().judging(peer -> peer.getDataId().equals(a.identity().self().getDataId()) ? null : WIPED);

        introduce(a, b);
    }

    @Test
    void whoWasRefusedIsMadeWelcomeOnceNothingSpeaksAgainstIt() {
        TransportNode a = start("a");
        TransportNode b = start("b");
        b.ear().judging(peer -> REMOVED);
        a.peers(a, b);
        a.await("is told", node -> !node.ear().refusals().isEmpty());

        b.ear().judging(peer -> null);

        a.awaitWayTo(b);
    }

    @Test
    void whoHearsNoVerdictYetIsNotMetAndAsksAgain() {
        TransportNode a = start("a");
        TransportNode b = start("b");
        b.ear().judging(peer -> NOT_YET);
        a.peers(a, b);
        a.awaitUnreachable(b);
        a.await("is told", node -> node.ear().refusals().contains(NOT_YET));
        assertThat(b.ear().met()).isEmpty();
        assertThat(b.ear().messages()).isEmpty();

        b.ear().judging(peer -> null);

        a.awaitWayTo(b);
    }

    @Test
    void aRefusalIsToldAgainOnceItRestsOnMoreOfTheLog() {
        TransportNode a = start("a");
        TransportNode b = start("b");
        AtomicLong knownIndex = new AtomicLong(7);
        b.ear().judging(peer -> new Refusal(Verdict.REMOVED, "it was removed", knownIndex.get()));
        a.peers(a, b);
        a.awaitUnreachable(b);
        a.await("is told", node -> known(node).contains(7L));

        knownIndex.set(9);

        a.await("is told again", node -> {
            node.send(b, 1); // so that it calls, where a transport does so only then
            return known(node).contains(9L);
        });
        assertThat(known(a)).containsExactly(7L, 9L);
    }

    private static List<Long> known(TransportNode node) {
        return node.ear().refusals().stream().map(Refusal::knownIndex).toList();
    }

    @Test
    void asLongAsNoGroupHasJoinedThereIsNoVerdict() {
        TransportNode a = start("a");
        TransportNode b = start("b");
        b.leave();
        a.peers(a, b);

        a.awaitUnreachable(b);
        a.await("is told", node -> node.ear().refusals().stream().anyMatch(Refusal::isNotYet));
        assertThat(a.ear().met()).isEmpty();
    }

    @Test
    void whoIsRefusedByNowIsLetGoOfWhenTheGroupNamesItsPeersAgain() {
        TransportNode a = start("a");
        TransportNode b = start("b");
        introduce(a, b);
        a.ear().judging(peer -> peer.getId().equals("b") ? WIPED : null);
        a.peers(a, b);

        b.awaitUnreachable(a);
        b.await("is told", node -> node.ear().refusals().contains(WIPED));
    }

    @Test
    void whoAnswersIsJudgedAsWell() {
        TransportNode a = start("a");
        TransportNode b = start("b");
        a.ear().judging(peer -> WIPED);

        a.peers(a, b);
        a.awaitUnreachable(b);

        assertThat(b.ear().messages()).isEmpty();
        assertThat(a.ear().met()).isEmpty();
        assertThat(a.ear().refusals()).as("what others have against us").isEmpty();
    }

    @Test
    void oneGroupIsEnoughToCallAPeerWipedButAllHaveToCallItRemoved() {
        TransportNode a = start("a");
        TransportNode b = start("b");
        RecordingReceiver other = new RecordingReceiver();
        b.transport().join("other", other);

        b.ear().judging(peer -> REMOVED);
        introduce(a, b);

        TransportNode c = start("c");
        other.judging(peer -> WIPED);
        c.peers(b, c);
        c.await("is told", node -> node.ear().refusals().contains(WIPED));
        other.judging(peer -> REMOVED);
        TransportNode d = start("d");
        d.peers(b, d);
        d.await("is told", node -> node.ear().refusals().contains(REMOVED));
    }

    @Test
    void whoIsRemovedHearsTheLastMessagesAndIsToldWhenItCallsAgain() {
        TransportNode a = start("a");
        TransportNode b = start("b");
        introduce(a, b);

        LongStream.rangeClosed(1, 200).forEach(index -> a.send(b, index));
        a.ear().judging(peer -> peer.getId().equals("b") ? REMOVED : null);
        a.peers(a);

        b.awaitHeard(200);
        b.awaitUnreachable(a);
        b.await("is told", node -> node.ear().refusals().equals(List.of(REMOVED)));
    }

    @Test
    void aPeerThatOurListLooksForInTheWrongPlaceIsAnsweredWhereItSaysItIs() {
        TransportNode a = start("a");
        TransportNode b = start("b");
        Member old = b.member().toBuilder()
                .clearAddresses()
                .addAddresses(anyAddress())
                .build();

        a.transport().peers(GROUP, List.of(a.member(), old));
        a.awaitUnreachable(b);
        b.peers(a, b);

        b.awaitWayTo(a);
        a.awaitWayTo(b);
    }

    @Test
    void aPeersStateIsKnownWhileItIsThereAndOnceItIsNot() {
        TransportNode a = start("a");
        TransportNode b = start("b");
        b.ear()
                .standingAt(Standing.newBuilder()
                        .setGroupId(GROUP)
                        .setRole("LEADER")
                        .setTerm(7)
                        .setVote("b")
                        .setLeaderId("b")
                        .build());
        assertThat(a.transport().status(GROUP)).isEmpty();
        introduce(a, b);

        a.await("knows where the group stands there", node -> statusOf(node).standing() != null);
        PeerStatus up = statusOf(a);
        assertThat(up.peerId()).isEqualTo("b");
        assertThat(up.reachable()).isTrue();
        assertThat(up.address()).isEqualTo(b.address());
        assertThat(up.roundTrip()).isBetween(Duration.ZERO, SOON);
        assertThat(up.clockSkew()).isNotNull().matches(skew -> skew.abs().compareTo(SOON) < 0);
        assertThat(up.standing()).isEqualTo(b.ear().standing());

        b.transport().close().block(SOON);
        a.awaitUnreachable(b);
        PeerStatus down = statusOf(a);
        assertThat(down.reachable()).isFalse();
        assertThat(down.since()).isAfterOrEqualTo(up.since());
        assertThat(down.lastFailure()).isNotBlank();
        assertThat(down.lastFailureAt()).isAfterOrEqualTo(up.since());
        assertThat(down.standing()).isNull();
    }

    @Test
    void aPeerWhoseProcessHasEndedIsGoneOnceForEachTimeThatItWasThere() {
        TransportNode a = start("a");
        TransportNode b = start("b");
        introduce(a, b);

        b.transport().close().block(SOON);
        a.await("takes it for gone", node -> node.ear().gone().contains("b"));
        TransportNode again = start("b", b.address());
        introduce(a, again);
        assertThat(a.ear().gone()).isEmpty();

        again.transport().close().block(SOON);
        a.await("takes it for gone again", node -> node.ear().gone().contains("b"));
        a.awaitUnreachable(again);
        assertThat(a.ear().gone()).containsExactly("b");
    }

    @Test
    void aPeerThatIsCutOffOrRefusesUsIsNotGone() {
        TransportNode a = start("a");
        TransportNode b = start("b");
        introduce(a, b);

        cut(a.transport(), "b");
        a.awaitUnreachable(b);
        b.ear().judging(peer -> WIPED);
        mend(a.transport(), "b");
        a.await("is told", node -> !node.ear().refusals().isEmpty());

        assertThat(a.ear().gone()).isEmpty();
        assertThat(b.ear().gone()).isEmpty();
    }

    private static PeerStatus statusOf(TransportNode node) {
        List<PeerStatus> peers = node.transport().status(GROUP);
        assertThat(peers).hasSize(1);
        return peers.get(0);
    }
}
