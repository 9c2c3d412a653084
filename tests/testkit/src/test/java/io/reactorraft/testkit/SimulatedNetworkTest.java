package io.reactorraft.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.HelloReply.Verdict;
import io.reactorraft.proto.Member;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.Transport;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Messages between simulated processes: what arrives, what is lost, and what is known of a request that failed. */
class SimulatedNetworkTest {
    private final VirtualTime time = new VirtualTime();
    private final Story story = new Story(time, null);
    private final Safety safety =
            new Safety(story, id -> new DurableLog(), id -> List.of(ConfState.getDefaultInstance()));
    private final SimulatedNetwork network = new SimulatedNetwork(time, new Dice(3), safety, story);
    private final Incarnation process1 = new Incarnation(time, 0, 0);
    private final Incarnation process2 = new Incarnation(time, 0, 0);
    private final Ear ear1 = new Ear();
    private final Ear ear2 = new Ear();
    private final SimulatedTransport n1 = open("n1", process1, ear1);
    private final SimulatedTransport n2 = open("n2", process2, ear2);

    @Test
    void inFairWeatherEverythingArrivesOnceAndInOrder() {
        sendHundred();
        assertThat(ear2.indexes).isEqualTo(LongStream.range(0, 100).boxed().toList());
        assertThat(ear2.met).containsExactly("n1");
    }

    @Test
    void inBadWeatherMessagesAreLostDoubledAndOvertake() {
        network.weather(new Weather(200, 200, 1_000, 50_000_000, false));
        sendHundred();
        assertThat(ear2.indexes)
                .isNotEmpty()
                .isNotEqualTo(ear2.indexes.stream().sorted().toList());
        assertThat(ear2.indexes.stream().distinct().count()).isLessThan(100).isNotEqualTo(ear2.indexes.size());
        assertThat(ear1.unreachable).isNotEmpty().containsOnly("n2");
    }

    @Test
    void aCutInOneDirectionLeavesTheOtherAlone() {
        network.cut("n1", "n2");
        sendHundred();
        n2.send("default", message("n1", 7));
        pass(100);
        assertThat(ear2.indexes).isEmpty();
        assertThat(ear1.indexes).containsExactly(7L);
        network.heal();
        sendHundred();
        assertThat(ear2.indexes).hasSize(100);
    }

    @Test
    void aResetLosesWhatIsInFlightAndNothingElse() {
        n1.send("default", message("n2", 1));
        network.reset("n1", "n2");
        n1.send("default", message("n2", 2));
        pass(1_000);
        assertThat(ear2.indexes).containsExactly(2L);
    }

    @Test
    void whoStandsStillHearsItAfterwardsAndWhoIsDeadNever() {
        process2.pause(Duration.ofMillis(500).toNanos());
        n1.send("default", message("n2", 1));
        pass(400);
        assertThat(ear2.indexes).isEmpty();
        pass(200);
        assertThat(ear2.indexes).containsExactly(1L);
        process2.kill();
        n1.send("default", message("n2", 2));
        pass(1_000);
        assertThat(ear2.indexes).containsExactly(1L);
    }

    @Test
    void aRequestIsAnswered() {
        List<String> told = request();
        pass(100);
        assertThat(told).containsExactly("echo hello");
    }

    @Test
    void aRequestToNobodyWasCertainlyNotSent() {
        List<String> told = new ArrayList<>();
        n1.request("default", "nowhere:1", ByteBuffer.allocate(0))
                .subscribe(answer -> {}, error -> told.add(error.getClass().getSimpleName()));
        assertThat(told).containsExactly("NotSentException");
    }

    @Test
    void ofARequestThatWasDeliveredNobodyKnowsWhenTheAnswerIsLost() {
        ear2.whenAsked = () -> network.cut("n2", "n1");
        List<String> told = request();
        pass(10_000);
        assertThat(ear2.requests).isEqualTo(1);
        assertThat(told).containsExactly("LostException");
    }

    @Test
    void aRequestOfWhichTheServerDiesEnds() {
        ear2.silent = true;
        List<String> told = request();
        pass(100);
        process2.kill();
        pass(10_000);
        assertThat(told).containsExactly("LostException");
    }

    @Test
    void aSnapshotArrivesAsItWasSent() {
        List<String> told = new ArrayList<>();
        n1.sendSnapshot("n2", SnapshotMetadata.newBuilder().setIndex(9).build(), Flux.just(bytes("one"), bytes("two")))
                .subscribe(nothing -> {}, error -> told.add("failed"), () -> told.add("done"));
        pass(100);
        assertThat(told).containsExactly("done");
        assertThat(ear2.snapshots).containsExactly("one", "two");
    }

    @Test
    void whoIsRefusedIsHeardByNobodyAndToldOnce() {
        ear2.against = "n1";
        sendHundred();
        List<String> told = request();
        n2.send("default", message("n1", 7));
        pass(1_000);
        assertThat(ear2.indexes).isEmpty();
        assertThat(ear1.indexes).isEmpty();
        assertThat(ear1.refusedBy).containsExactly("n2");
        assertThat(told).containsExactly("NotSentException");
        ear2.against = "";
        sendHundred();
        assertThat(ear2.indexes).hasSize(100);
        assertThat(ear2.met).containsExactly("n1");
    }

    @Test
    void afterItsCloseNothingIsSentOrReceived() {
        n2.close().subscribe();
        n2.send("default", message("n1", 1));
        sendHundred();
        assertThat(ear1.indexes).isEmpty();
        assertThat(ear2.indexes).isEmpty();
    }

    private SimulatedTransport open(String id, Incarnation process, Ear ear) {
        SimulatedTransport transport = network.transport(id, process);
        Member self = Member.newBuilder().setId(id).addAddresses(id + ":1").build();
        transport
                .start(new Transport.Identity("test", 0, self, ByteString.EMPTY), id)
                .subscribe();
        transport.join("default", ear);
        return transport;
    }

    private List<String> request() {
        List<String> told = new ArrayList<>();
        n1.request("default", "n2:1", bytes("hello"))
                .subscribe(
                        answer -> told.add(text(answer)),
                        error -> told.add(error.getClass().getSimpleName()));
        return told;
    }

    private void sendHundred() {
        IntStream.range(0, 100).forEach(i -> n1.send("default", message("n2", i)));
        pass(1_000);
    }

    private void pass(long millis) {
        long limit = time.now() + Duration.ofMillis(millis).toNanos();
        boolean more = true;
        while (more) {
            more = time.next(limit);
        }
    }

    private static Message message(String to, long index) {
        return Message.newBuilder()
                .setType(MessageType.MSG_HEARTBEAT_RESPONSE)
                .setTo(to)
                .setIndex(index)
                .build();
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String text(ByteBuffer bytes) {
        return StandardCharsets.UTF_8.decode(bytes).toString();
    }

    private static final class Ear implements Transport.Receiver {
        private final List<Long> indexes = new ArrayList<>();
        private final List<String> unreachable = new ArrayList<>();
        private final List<String> met = new ArrayList<>();
        private final List<String> snapshots = new ArrayList<>();
        private final List<String> refusedBy = new ArrayList<>();
        private String against = "";
        private Runnable whenAsked = () -> {};
        private int requests;
        private boolean silent;

        @Override
        public void receive(Message message) {
            indexes.add(message.getIndex());
        }

        @Override
        public void unreachable(String peerId) {
            unreachable.add(peerId);
        }

        @Override
        public void met(Member peer) {
            met.add(peer.getId());
        }

        @Override
        public Transport.@Nullable Refusal judge(Member peer) {
            return peer.getId().equals(against) ? new Transport.Refusal(Verdict.REMOVED, "it was removed") : null;
        }

        @Override
        public void refused(String peerId, Transport.Refusal refusal) {
            refusedBy.add(peerId);
        }

        @Override
        public Mono<ByteBuffer> request(ByteBuffer body) {
            requests++;
            whenAsked.run();
            return silent ? Mono.never() : Mono.just(bytes("echo " + text(body)));
        }

        @Override
        public Mono<Void> snapshot(SnapshotMetadata metadata, Flux<ByteBuffer> content) {
            return content.doOnNext(buffer -> snapshots.add(text(buffer))).then();
        }
    }
}
