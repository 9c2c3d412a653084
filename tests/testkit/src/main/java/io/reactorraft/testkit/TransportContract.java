package io.reactorraft.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import io.reactorraft.spi.StartRefusedException;
import io.reactorraft.spi.Transport;
import io.reactorraft.spi.Transport.Identity;
import io.reactorraft.spi.Transport.NotSentException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.LongStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What every {@link Transport} owes the groups that use it. Extend it, and say how to make one and cut its links. */
@DisplayName("A transport")
public abstract class TransportContract extends TransportPeersContract {

    @Test
    void messagesArriveInTheOrderInWhichTheyWereSent() {
        TransportNode a = start("a");
        TransportNode b = start("b");
        introduce(a, b);

        LongStream.rangeClosed(1, 3_000).forEach(index -> a.send(b, index));

        b.awaitHeard(3_000);
        assertThat(b.heardIndexes()).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void bothSidesSpeakAtOnce() {
        TransportNode a = start("a");
        TransportNode b = start("b");
        introduce(a, b);

        for (long index = 1; index <= 500; index++) {
            a.send(b, index);
            b.send(a, index);
        }

        a.awaitHeard(500);
        b.awaitHeard(500);
    }

    @Test
    void aMessageArrivesAsItWasSent() {
        TransportNode a = start("a");
        TransportNode b = start("b");
        introduce(a, b);
        Message append = a.append(b, 7).toBuilder()
                .setTerm(3)
                .addEntries(Entry.newBuilder().setIndex(8).setTerm(3).setData(ByteString.copyFrom(new byte[1 << 20])))
                .addEntries(Entry.newBuilder().setIndex(9).setTerm(3))
                .build();

        a.transport().send(GROUP, append);

        b.awaitHeard(1);
        assertThat(b.heard()).containsExactly(append);
    }

    @Test
    void eachGroupHearsItsOwnMessagesAndNobodyHearsThoseOfAnUnknownOne() {
        TransportNode a = start("a");
        TransportNode b = start("b");
        introduce(a, b);
        RecordingReceiver other = new RecordingReceiver();
        b.transport().join("other", other);

        a.transport()
                .send(
                        "unknown",
                        a.append(b, 1).toBuilder().setGroupId("unknown").build());
        a.transport()
                .send("other", a.append(b, 2).toBuilder().setGroupId("other").build());
        a.send(b, 3);

        b.awaitHeard(1);
        assertThat(other.await(SOON, ear -> ear.messages().size() == 1)).isTrue();
        assertThat(b.heardIndexes()).containsExactly(3L);
        assertThat(other.messages()).extracting(Message::getIndex).containsExactly(2L);
    }

    @Test
    void aGroupJoinsOnceUntilItLeaves() {
        TransportNode a = start("a");

        assertThatThrownBy(() -> a.transport().join(GROUP, new RecordingReceiver()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(GROUP);

        a.leave();
        a.transport().join(GROUP, new RecordingReceiver()).dispose();
    }

    @Test
    void membersMeetInBothDirections() {
        TransportNode a = start("a");
        TransportNode b = start("b");

        a.peers(a, b);
        b.peers(a, b);

        a.awaitWayTo(b);
        b.awaitWayTo(a);

        assertThat(a.ear().met()).contains(b.identity().self());
        assertThat(b.ear().met()).contains(a.identity().self());
    }

    @Test
    void aPeerThatDoesNotListenIsReportedUnreachable() {
        TransportNode a = start("a");
        TransportNode gone = start("gone");
        gone.transport().close().block(SOON);
        a.peers(a, gone);

        a.awaitUnreachable(gone);
    }

    @Test
    void aMessageToSomebodyWhoIsNoPeerIsReportedUnreachable() {
        TransportNode a = start("a");
        TransportNode b = start("b");

        a.awaitUnreachable(b);

        assertThat(b.ear().messages()).isEmpty();
    }

    @Test
    void aReceiverThatStallsCostsMessagesButNotTheirOrder() throws InterruptedException {
        TransportNode a = start("a");
        TransportNode b = start("b");
        introduce(a, b);
        CountDownLatch stall = new CountDownLatch(1);
        b.ear().onMessage(message -> await(stall));
        ByteString bulk = ByteString.copyFrom(new byte[64 << 10]);

        long sent = 0;
        while (a.ear().unreachable().isEmpty() && sent < 20_000) {
            sent++;
            a.transport()
                    .send(GROUP, a.append(b, sent).toBuilder().setContext(bulk).build());
        }
        a.await("reports the overflow", node -> node.ear().unreachable().contains("b"));
        stall.countDown();
        a.awaitWayTo(b);

        assertThat(b.heardIndexes()).hasSizeLessThan((int) sent).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void whatWasSentBeforeAPeerIsLetGoOfStillArrives() {
        TransportNode a = start("a");
        TransportNode b = start("b");
        introduce(a, b);

        LongStream.rangeClosed(1, 200).forEach(index -> a.send(b, index));
        b.peers(b);
        a.peers(a);

        b.awaitHeard(200);
    }

    @Test
    void aPeerOfTwoGroupsIsKeptUntilBothLetGo() {
        TransportNode a = start("a");
        TransportNode b = start("b");
        a.transport().join("other", new RecordingReceiver());
        a.transport().peers("other", List.of(a.member(), b.member()));
        introduce(a, b);

        a.transport().peers("other", List.of(a.member()));
        a.send(b, 1);

        b.awaitHeard(1);
    }

    @Test
    void aPeerThatWasStartedAnewIsReachedAgain() {
        TransportNode a = start("a");
        TransportNode b = start("b");
        introduce(a, b);

        b.transport().close().block(SOON);
        TransportNode again = start("b", b.address());
        again.peers(a, again);

        a.awaitWayTo(again);
        again.awaitWayTo(a);
    }

    @Test
    void aPeerThatMovedIsReachedWhereItIs() {
        TransportNode a = start("a");
        TransportNode b = start("b");
        introduce(a, b);

        b.transport().close().block(SOON);
        TransportNode moved = start("b", anyAddress());
        a.peers(a, moved);

        a.awaitWayTo(moved);
    }

    @Test
    void aMemberThatOurListDoesNotKnowIsAnswered() {
        TransportNode a = start("a");
        TransportNode b = start("b");

        b.peers(a, b);
        b.awaitWayTo(a);

        a.awaitWayTo(b);
    }

    @Test
    void nothingPassesACutLinkUntilItIsMended() {
        TransportNode a = start("a");
        TransportNode b = start("b");
        introduce(a, b);

        cut(a.transport(), "b");
        cut(a.transport(), "b");
        a.awaitUnreachable(b);
        b.send(a, 2);
        a.send(b, 3);
        mend(a.transport(), "b");
        mend(a.transport(), "b");
        a.awaitWayTo(b);
        b.awaitWayTo(a);

        assertThat(b.heard()).isEmpty();
        assertThat(a.heard()).isEmpty();
    }

    @Test
    void aMemberOfAnotherClusterIsNeitherHeardNorSpokenTo() {
        TransportNode a = start("a");
        String address = anyAddress();
        TransportNode foreign =
                start(new Identity("another", 0, TransportNode.member("b", address), TransportNode.boot()), address);
        a.peers(a, foreign);
        foreign.peers(a, foreign);

        a.awaitUnreachable(foreign);
        foreign.awaitUnreachable(a);

        assertThat(a.ear().messages()).isEmpty();
        assertThat(a.ear().met()).isEmpty();
        assertThat(foreign.ear().messages()).isEmpty();
        assertThat(foreign.ear().met()).isEmpty();
    }

    @Test
    void startingTwiceIsStartingOnce() {
        TransportNode a = start("a");
        Identity stranger = TransportNode.identity("b", anyAddress());

        assertThat(a.transport().start(a.identity(), a.listenAddress()).block(SOON))
                .isEqualTo(a.address());
        assertThatThrownBy(
                        () -> a.transport().start(stranger, a.listenAddress()).block(SOON))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("'a'");
    }

    @Test
    void anAddressThatIsTakenIsRefusedAndMayBeTriedAgain() {
        TransportNode a = start("a");
        Transport late = transport();
        Identity self = TransportNode.identity("b", a.address());

        assertThatThrownBy(() -> late.start(self, a.address()).block(SOON))
                .isInstanceOfSatisfying(
                        StartRefusedException.class,
                        refused -> assertThat(refused.kind()).isEqualTo(StartRefusedException.Kind.ADDRESS))
                .hasMessage("cannot listen on " + a.address() + ": address already in use");

        a.transport().close().block(SOON);
        assertThat(late.start(self, a.address()).block(SOON)).isEqualTo(a.address());
        late.close().block(SOON);
    }

    @Test
    void whatANodeSaysToItselfNeverTravels() {
        TransportNode a = start("a");
        Message local = Message.newBuilder()
                .setType(MessageType.MSG_HUP)
                .setGroupId(GROUP)
                .setTo("b")
                .build();

        assertThatThrownBy(() -> a.transport().send(GROUP, local))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("MSG_HUP");
    }

    @Test
    void aClosedTransportSendsNothingAndStaysClosed() {
        TransportNode a = start("a");
        TransportNode b = start("b");
        introduce(a, b);

        a.transport().close().block(SOON);
        a.transport().close().block(SOON);
        a.send(b, 1);

        assertThatThrownBy(() -> a.request(b.address(), "late")).isInstanceOf(NotSentException.class);
        assertThatThrownBy(() ->
                        a.transport().start(a.identity(), a.listenAddress()).block(SOON))
                .isInstanceOf(IllegalStateException.class);
        b.awaitUnreachable(a);
        assertThat(b.heard()).isEmpty();
    }

    @Test
    void aTransportThatWasNeverStartedCanBeClosed() {
        transport().close().block(SOON);
    }
}
