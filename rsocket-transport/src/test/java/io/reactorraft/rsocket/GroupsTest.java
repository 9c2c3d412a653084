package io.reactorraft.rsocket;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.proto.HelloReply.Verdict;
import io.reactorraft.spi.Transport.Refusal;
import io.reactorraft.testkit.RecordingReceiver;
import io.reactorraft.testkit.TransportNode;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is told of a refusal where several groups share a transport: that it is founded, and not on whose log. */
class GroupsTest {
    private static final Refusal FOUNDED = new Refusal(Verdict.REMOVED, "it was removed", 50);
    private static final Refusal UNFOUNDED = new Refusal(Verdict.REMOVED, "it was removed");

    private final Groups groups = new Groups();
    private final RecordingReceiver orders = new RecordingReceiver();
    private final RecordingReceiver invoices = new RecordingReceiver();

    @Test
    void oneGroupsRefusalSaysHowMuchItKnows() {
        groups.join("orders", orders.judging(peer -> FOUNDED));
        assertThat(groups.of(TransportNode.member("n2", "host2:7000"))).isEqualTo(FOUNDED);
        groups.refusedByPeer(List.of("orders"), "n2", FOUNDED);
        assertThat(orders.refusals()).containsExactly(FOUNDED);
    }

    @Test
    void ofSeveralGroupsItSaysThatItKnowsAndNotHowMuch() {
        groups.join("orders", orders.judging(peer -> FOUNDED));
        groups.join("invoices", invoices.judging(peer -> FOUNDED));
        assertThat(groups.of(TransportNode.member("n2", "host2:7000"))).satisfies(refusal -> {
            assertThat(refusal.knownIndex()).isEqualTo(1);
            assertThat(refusal.isUnfounded()).isFalse();
        });
        groups.refusedByPeer(List.of("orders", "invoices"), "n2", FOUNDED);
        assertThat(invoices.refusals())
                .singleElement()
                .satisfies(refusal -> assertThat(refusal.isUnfounded()).isFalse());
    }

    @Test
    void whatIsUnfoundedStaysSo() {
        groups.join("orders", orders.judging(peer -> UNFOUNDED));
        groups.join("invoices", invoices.judging(peer -> UNFOUNDED));
        assertThat(groups.of(TransportNode.member("n2", "host2:7000"))).isEqualTo(UNFOUNDED);
        groups.refusedByPeer(List.of("orders", "invoices"), "n2", UNFOUNDED);
        assertThat(orders.refusals()).containsExactly(UNFOUNDED);
    }
}
