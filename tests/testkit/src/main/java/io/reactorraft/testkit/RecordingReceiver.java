package io.reactorraft.testkit;

import io.reactorraft.proto.Member;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.proto.Standing;
import io.reactorraft.spi.Transport.Receiver;
import io.reactorraft.spi.Transport.Refusal;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Writes down what a transport says, and lets a test wait for it: {@link #await} wakes at every event, so that no test
 * sleeps. Thread-safe.
 */
public final class RecordingReceiver implements Receiver {

    private static final long ASK_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final List<Message> messages = new ArrayList<>();
    private final List<String> unreachable = new ArrayList<>();
    private final List<Member> met = new ArrayList<>();
    private final List<byte[]> snapshotBuffers = new ArrayList<>();
    private volatile Consumer<Message> onMessage = message -> {};
    private volatile Function<ByteBuffer, Mono<ByteBuffer>> answer =
            body -> Mono.error(new IllegalStateException("this receiver answers nothing"));
    private final List<Refusal> refusals = new ArrayList<>();
    private final List<String> gone = new ArrayList<>();
    private volatile Function<Member, @Nullable Refusal> judge = peer -> null;
    private volatile Standing standing = Standing.getDefaultInstance();
    private final Map<Integer, Runnable> onSnapshotBuffer = new ConcurrentHashMap<>();
    private volatile Consumer<Throwable> onSnapshotError = error -> {};
    private volatile Mono<Void> snapshotDurable = Mono.empty();
    private volatile Mono<Void> snapshotPace = Mono.empty();

    /** What to do with each message, before it is written down; may block to play a stalled receiver. */
    public RecordingReceiver onMessage(Consumer<Message> onMessage) {
        this.onMessage = onMessage;
        return this;
    }

    /** What there is against a peer; by default nothing. */
    public RecordingReceiver judging(Function<Member, @Nullable Refusal> judge) {
        this.judge = judge;
        return this;
    }

    /** Where the group says it stands; by default nowhere. */
    public RecordingReceiver standingAt(Standing standing) {
        this.standing = standing;
        return this;
    }

    /** How to answer requests; by default with an error. */
    public RecordingReceiver answering(Function<ByteBuffer, Mono<ByteBuffer>> answer) {
        this.answer = answer;
        return this;
    }

    /** What completes a snapshot once its last buffer is here; by default at once. */
    public RecordingReceiver snapshotDurableAfter(Mono<Void> snapshotDurable) {
        this.snapshotDurable = snapshotDurable;
        return this;
    }

    /** What each buffer of a snapshot waits for before the next one is asked for; by default nothing. */
    public RecordingReceiver snapshotPacedBy(Mono<Void> snapshotPace) {
        this.snapshotPace = snapshotPace;
        return this;
    }

    /** What to do, once, when so many buffers of snapshots are here. */
    public RecordingReceiver onSnapshotBuffer(int count, Runnable deed) {
        onSnapshotBuffer.put(count, deed);
        return this;
    }

    /** What to do when the content of a snapshot fails. */
    public RecordingReceiver onSnapshotError(Consumer<Throwable> onSnapshotError) {
        this.onSnapshotError = onSnapshotError;
        return this;
    }

    @Override
    public void receive(Message message) {
        onMessage.accept(message);
        change(() -> messages.add(message));
    }

    @Override
    public void unreachable(String peerId) {
        change(() -> unreachable.add(peerId));
    }

    @Override
    public void met(Member peer) {
        change(() -> met.add(peer));
    }

    @Override
    public void gone(String peerId) {
        change(() -> gone.add(peerId));
    }

    @Override
    public @Nullable Refusal judge(Member peer) {
        return judge.apply(peer);
    }

    @Override
    public void refused(String peerId, Refusal refusal) {
        change(() -> refusals.add(refusal));
    }

    @Override
    public Standing standing() {
        return standing;
    }

    @Override
    public Mono<ByteBuffer> request(ByteBuffer body) {
        return answer.apply(body);
    }

    @Override
    public Mono<Void> snapshot(SnapshotMetadata metadata, Flux<ByteBuffer> content) {
        return content.concatMap(
                        buffer -> {
                            byte[] copy = new byte[buffer.remaining()];
                            buffer.duplicate().get(copy);
                            change(() -> snapshotBuffers.add(copy));
                            Runnable deed =
                                    onSnapshotBuffer.remove(snapshotBuffers().size());
                            if (deed != null) {
                                deed.run();
                            }
                            return snapshotPace;
                        },
                        1)
                .doOnError(error -> onSnapshotError.accept(error))
                .then(Mono.defer(() -> snapshotDurable));
    }

    /** The messages so far. */
    public List<Message> messages() {
        return copy(messages);
    }

    /** What peers had against this member so far. */
    public List<Refusal> refusals() {
        return copy(refusals);
    }

    /** The peers whose process was said to be gone so far, each as often as it was. */
    public List<String> gone() {
        return copy(gone);
    }

    /** The peers reported unreachable so far, each as often as it was. */
    public List<String> unreachable() {
        return copy(unreachable);
    }

    /** The peers met so far, each as often as it was. */
    public List<Member> met() {
        return copy(met);
    }

    /** The buffers of snapshots so far. */
    public List<byte[]> snapshotBuffers() {
        return copy(snapshotBuffers);
    }

    /** Forgets everything so far. */
    public void forget() {
        change(() -> {
            messages.clear();
            unreachable.clear();
            met.clear();
            refusals.clear();
            gone.clear();
            snapshotBuffers.clear();
        });
    }

    /**
     * Waits until the condition holds; answers whether it came to hold in time. It is asked at every event, and now and
     * then in between, so that it may also try something again.
     */
    public boolean await(Duration atMost, Predicate<RecordingReceiver> condition) {
        long deadline = System.nanoTime() + atMost.toNanos();
        while (!condition.test(this)) {
            if (System.nanoTime() - deadline >= 0) {
                return false;
            }
            lock.lock();
            try {
                long unused = changed.awaitNanos(ASK_AGAIN_NANOS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            } finally {
                lock.unlock();
            }
        }
        return true;
    }

    private void change(Runnable change) {
        lock.lock();
        try {
            change.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private <T> List<T> copy(List<T> list) {
        lock.lock();
        try {
            return List.copyOf(list);
        } finally {
            lock.unlock();
        }
    }
}
