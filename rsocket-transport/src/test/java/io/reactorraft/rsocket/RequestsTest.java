package io.reactorraft.rsocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.protobuf.ByteString;
import io.reactorraft.spi.Transport.NotSentException;
import io.reactorraft.testkit.TransportNode;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

@DisplayName("A request")
class RequestsTest {

    private static final int MAX_CONCURRENT = 10;

    private static final RSocketTransportConfig CONFIG =
            Cluster.PATIENT.withMaxConcurrentRequests(MAX_CONCURRENT).withMaxMessageBytes(2 << 20);

    private final Cluster cluster = new Cluster(CONFIG);
    private final Cluster hasty = new Cluster(CONFIG.withRequestTimeout(Duration.ofSeconds(3)));
    private final TransportNode a = cluster.start("a");
    private final TransportNode b = cluster.start("b");

    @AfterEach
    void closeAll() {
        hasty.close();
        cluster.close();
    }

    @Test
    void withoutAnAnswerInTimeMayHaveBeenCarriedOut() {
        TransportNode c = hasty.start("c");
        Cluster.introduce(c, b);
        b.ear().answering(body -> Mono.never());

        Throwable failure = catchThrowable(() -> c.request(b.address(), "hello?"));
        for (int again = 0;
                failure instanceof NotSentException && again < 10;
                again++) { // not even that, where all stands still
            failure = catchThrowable(() -> c.request(b.address(), "hello?"));
        }
        assertThat(failure)
                .isInstanceOf(Requests.UnansweredException.class)
                .hasMessageContaining("may or may not have been carried out: no answer within 3000 ms")
                .hasMessageContaining(b.address());
    }

    @Test
    void aboveTheLimitOfThoseOutstandingWasNotSentAndTheOthersAreAnswered() {
        Cluster.introduce(a, b);
        Sinks.One<ByteBuffer> answer = Sinks.one();
        AtomicInteger asked = new AtomicInteger();
        b.ear().answering(body -> {
            asked.incrementAndGet();
            return answer.asMono().map(ByteBuffer::duplicate);
        });
        List<CompletableFuture<ByteBuffer>> outstanding = new ArrayList<>();
        for (int i = 0; i < MAX_CONCURRENT; i++) {
            outstanding.add(a.transport()
                    .request(TransportNode.GROUP, b.address(), ByteBuffer.allocate(1))
                    .toFuture());
        }

        assertThatThrownBy(() -> a.request(b.address(), "one more"))
                .isInstanceOf(NotSentException.class)
                .hasMessageContaining("maxConcurrentRequests=" + MAX_CONCURRENT);
        b.await("is asked", node -> asked.get() == MAX_CONCURRENT);
        answer.tryEmitValue(ByteBuffer.allocate(2));

        assertThat(outstanding).allSatisfy(future -> assertThat(future).succeedsWithin(Cluster.SOON));
        assertThat(a.request(b.address(), "again").remaining()).isEqualTo(2);
    }

    /** Else a member that asks to be known elsewhere would be called back where it was. */
    @Test
    void toAnAddressThatAPeerOnlyClaimsGoesThereAndNotWhereItIsConnected() {
        String claimed = RSocketTransportTest.freeAddress();
        TransportNode c = cluster.start(TransportNode.identity("c", claimed), RSocketTransportTest.freeAddress());
        c.ear().answering(Mono::just);
        Cluster.introduce(a, c);

        assertThatThrownBy(() -> a.request(claimed, "are you there?"))
                .isInstanceOf(NotSentException.class)
                .hasMessageContaining("cannot reach " + claimed);
        assertThat(a.request(c.address(), "here?").remaining()).isEqualTo(5);
    }

    @Test
    void thatIsTooLargeWasNotSent() {
        Cluster.introduce(a, b);

        assertThatThrownBy(() -> a.transport()
                        .request(TransportNode.GROUP, b.address(), ByteBuffer.allocate((2 << 20) + 1))
                        .block(Cluster.SOON))
                .isInstanceOf(NotSentException.class)
                .hasMessageContaining("maxMessageBytes=2097152");
    }

    @Test
    void ofTheLargestSizeIsAnsweredInTheLargestSize() {
        Cluster.introduce(a, b);
        b.ear().answering(body -> Mono.just(ByteBuffer.allocate(body.remaining())));

        ByteBuffer answer = Objects.requireNonNull(a.transport()
                .request(TransportNode.GROUP, b.address(), ByteBuffer.allocate(2 << 20))
                .block(Cluster.SOON));

        assertThat(answer.remaining()).isEqualTo(2 << 20);
    }

    @Test
    void whoseAnswerIsTooLargeOrMissingFails() {
        Cluster.introduce(a, b);
        b.ear().answering(body -> Mono.just(ByteBuffer.allocate((2 << 20) + 1)));
        assertThatThrownBy(() -> a.request(b.address(), "?")).hasMessageContaining("more than maxMessageBytes=2097152");

        b.ear().answering(body -> Mono.empty());
        assertThatThrownBy(() -> a.request(b.address(), "?")).hasMessageContaining("no answer was given");

        b.ear().answering(body -> {
            throw new IllegalStateException("thrown, not signalled");
        });
        assertThatThrownBy(() -> a.request(b.address(), "?"))
                .isInstanceOf(Requests.UnansweredException.class)
                .hasMessageContaining("thrown, not signalled");
    }

    @Test
    void toAPeerWhoIsNotConnectedWasNotSent() {
        Cluster.introduce(a, b);
        b.transport().close().block(Cluster.SOON);
        a.awaitUnreachable(b);

        assertThatThrownBy(() -> a.request(b.address(), "?"))
                .isInstanceOf(NotSentException.class)
                .hasMessageContaining("not connected to " + b.address());
    }

    @Test
    void isNotSentWhileMuchWaitsThoughMessagesStillAre() {
        CountDownLatch stall = new CountDownLatch(1);
        Cluster.introduce(a, b);
        b.ear().onMessage(message -> await(stall));
        FrameConnection connection = Cluster.inside(a).connectionTo("b");

        long sent = 0;
        while (connection.backlogBytes() <= Requests.MAX_WAITING_BYTES) {
            a.transport()
                    .send(
                            TransportNode.GROUP,
                            a.append(b, ++sent).toBuilder()
                                    .setContext(ByteString.copyFrom(new byte[50_000]))
                                    .build());
            CountDownLatch taken = new CountDownLatch(1);
            connection.execute(taken::countDown);
            await(taken); // or the lane is full before the connection has looked
        }

        assertThatThrownBy(() -> a.request(b.address(), "me too"))
                .isInstanceOf(NotSentException.class)
                .hasMessageContaining("more than " + Requests.MAX_WAITING_BYTES + " bytes wait for " + b.address());
        assertThat(a.ear().unreachable()).isEmpty();
        a.send(b, ++sent);
        stall.countDown();
        b.awaitHeard((int) sent);
        assertThat(b.heardIndexes()).isSorted();
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(Cluster.SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void toStrangersIsLimitedInNumber() {
        TransportNode c = cluster.start("c");
        b.ear().answering(body -> Mono.never());
        List<Throwable> failures = new CopyOnWriteArrayList<>();
        Disposable.Composite outstanding = Disposables.composite();
        for (int i = 0; i < Requests.MAX_OCCASIONAL_CONNECTIONS + 20; i++) {
            outstanding.add(c.transport()
                    .request(TransportNode.GROUP, b.address(), ByteBuffer.allocate(1))
                    .subscribe(answer -> {}, failures::add));
        }
        c.await("has failed to send some", node -> failures.size() >= 20);
        b.await(
                "hears the others",
                node -> Cluster.inside(node).listener().openConnections() == Requests.MAX_OCCASIONAL_CONNECTIONS);

        assertThat(failures)
                .hasSize(20)
                .allSatisfy(error -> assertThat(error)
                        .isInstanceOf(NotSentException.class)
                        .hasMessageContaining("64 connections for single requests"));
        outstanding.dispose();
        b.await("is left alone", node -> Cluster.inside(node).listener().openConnections() == 0);
    }

    @Test
    void leavesTheConnectionAsItWasWhenItIsCancelled() {
        Cluster.introduce(a, b);
        b.ear().answering(body -> Mono.never());
        for (int i = 0; i < 5 * MAX_CONCURRENT; i++) {
            a.transport()
                    .request(TransportNode.GROUP, b.address(), ByteBuffer.allocate(1))
                    .subscribe(answer -> {}, error -> assertThat(error).isNull())
                    .dispose();
        }
        b.ear().answering(Mono::just);

        assertThat(a.request(b.address(), "echo").remaining()).isEqualTo(4);
    }
}
