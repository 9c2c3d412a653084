package io.reactorraft.testkit;

import io.reactorraft.proto.Member;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.Transport;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/** What one process sees of a {@link SimulatedNetwork}. */
final class SimulatedTransport implements Transport {

    /** A connection over which nothing comes back is given up after this long, up to twice. */
    private static final long DEAD_PEER_NANOS = TimeUnit.MILLISECONDS.toNanos(1_500);

    /** Requests are written behind messages, and so late at times. */
    private static final int BACKLOG_PERMILLE = 20;

    private static final long LONGEST_BACKLOG_NANOS = TimeUnit.MILLISECONDS.toNanos(1_500);

    private static final long REDIAL_NANOS = TimeUnit.MILLISECONDS.toNanos(700);

    private final String id;
    private final Incarnation process;
    private final SimulatedNetwork network;
    private final Map<String, Receiver> receivers = new LinkedHashMap<>();
    private final Set<SimulatedTransport> met = new HashSet<>();
    private final Map<SimulatedTransport, Long> refused = new HashMap<>();
    private @Nullable Member self;
    private List<String> dialled = List.of();
    private boolean closed;

    SimulatedTransport(String id, Incarnation process, SimulatedNetwork network) {
        this.id = id;
        this.process = process;
        this.network = network;
    }

    String id() {
        return id;
    }

    Incarnation process() {
        return process;
    }

    boolean closed() {
        return closed;
    }

    void receive(SimulatedTransport from, String groupId, Message message) {
        Receiver receiver = receivers.get(groupId);
        if (receiver != null && shakeHands(from)) {
            receiver.receive(message);
        }
    }

    /**
     * What a handshake would end with now: those who talk to one another are judged at every message, and told of a verdict
     * once, and when it rests on more of the log. Null: it is welcome.
     */
    private @Nullable Refusal refusalOf(SimulatedTransport peer) {
        Member other = peer.self;
        if (other == null) {
            return null;
        }
        for (Receiver receiver : receivers.values()) {
            Refusal refusal = receiver.judge(other);
            if (refusal != null) {
                Long knew = refused.put(peer, refusal.knownIndex());
                if (refusal.isNotYet() || knew == null || refusal.knownIndex() > knew) {
                    met.remove(peer);
                    network.time().after(network.travel(), () -> peer.refusedBy(id, refusal));
                }
                return refusal;
            }
            if (met.add(peer)) {
                refused.remove(peer);
                receiver.met(other);
            }
        }
        return null;
    }

    private void refusedBy(String peerId, Refusal refusal) {
        if (!process.dead() && !closed) {
            receivers.values().forEach(receiver -> receiver.refused(peerId, refusal));
        }
    }

    void gone(String peerId) {
        receivers.values().forEach(receiver -> receiver.gone(peerId));
    }

    void lost(String peerId) {
        if (!process.dead() && !closed) {
            receivers.values().forEach(receiver -> receiver.unreachable(peerId));
        }
    }

    @Override
    public Mono<String> start(Identity identity, String listenAddress) {
        return Mono.fromSupplier(() -> {
            self = identity.self();
            network.listens(id, identity.self().getAddresses(0));
            return listenAddress;
        });
    }

    @Override
    public Disposable join(String groupId, Receiver receiver) {
        receivers.put(groupId, receiver);
        return () -> receivers.remove(groupId, receiver);
    }

    @Override
    public void peers(String groupId, Collection<Member> peers) {
        boolean first = dialled.isEmpty();
        dialled = peers.stream()
                .map(Member::getId)
                .filter(peer -> !peer.equals(id))
                .toList();
        if (first) {
            network.time().after(network.travel(), this::dial);
        }
    }

    /** Messages reach everybody here anyway; but who has none to send hears of a verdict in this way alone. */
    private void dial() {
        if (process.dead() || closed) {
            return;
        }
        for (String each : dialled) {
            SimulatedTransport peer = network.at(each);
            if (peer != null
                    && process.stoppedForNanos() == 0
                    && !network.isCut(id, each)
                    && !network.isCut(each, id)) {
                boolean unused = peer.process.stoppedForNanos() > 0 || peer.shakeHands(this);
            }
        }
        network.time().after(REDIAL_NANOS + network.travel(), this::dial);
    }

    private boolean shakeHands(SimulatedTransport caller) {
        return refusalOf(caller) == null && caller.refusalOf(this) == null;
    }

    @Override
    public void send(String groupId, Message message) {
        if (!closed) {
            network.send(this, groupId, message);
        }
    }

    @Override
    public Mono<Void> sendSnapshot(String peerId, SnapshotMetadata metadata, Flux<ByteBuffer> content) {
        return content.map(SimulatedTransport::copy)
                .collectList()
                .flatMap(buffers -> this.<Object>exchange(
                        peerId,
                        (Receiver receiver) -> receiver.snapshot(metadata, Flux.fromIterable(views(buffers)))
                                .thenReturn(peerId)))
                .then();
    }

    private static List<ByteBuffer> views(List<ByteBuffer> buffers) {
        return buffers.stream().map(ByteBuffer::asReadOnlyBuffer).toList();
    }

    private static ByteBuffer copy(ByteBuffer buffer) {
        return ByteBuffer.allocate(buffer.remaining()).put(buffer.duplicate()).flip();
    }

    @Override
    public Mono<ByteBuffer> request(String groupId, String address, ByteBuffer body) {
        String to = network.idAt(address);
        if (to == null) {
            return Mono.error(new NotSentException("nobody listens at " + address));
        }
        ByteBuffer sent = copy(body);
        return exchange(
                to, receiver -> receiver.request(sent.asReadOnlyBuffer()).map(SimulatedTransport::copy));
    }

    private <T> Mono<T> exchange(String to, Function<Receiver, Mono<T>> call) {
        return Mono.create(sink -> new Exchange<>(to, call, sink).begin());
    }

    @Override
    public Mono<Void> close() {
        return Mono.fromRunnable(() -> {
            if (!closed) {
                closed = true;
                network.ended(id);
            }
        });
    }

    /** One request and its answer. Until the request has arrived it was "not sent"; afterwards a loss leaves it open. */
    private final class Exchange<T> {
        private final String to;
        private final Function<Receiver, Mono<T>> call;
        private final MonoSink<T> sink;
        private final SimulatedNetwork.Link there;
        private final SimulatedNetwork.Link back;
        private final long connection;
        private @Nullable SimulatedTransport reached; // this start of the other process, whose end ends the connection
        private boolean over;

        Exchange(String to, Function<Receiver, Mono<T>> call, MonoSink<T> sink) {
            this.to = to;
            this.call = call;
            this.sink = sink;
            this.there = new SimulatedNetwork.Link(id, to);
            this.back = new SimulatedNetwork.Link(to, id);
            this.connection = network.connection(there);
        }

        void begin() {
            network.time().after(network.travel() + backlog(), () -> whileRunning(process, this::arrive));
            network.time().after(patience(), () -> whileRunning(process, this::look));
        }

        /** A few wait behind others for so long that what was asked later is answered sooner. */
        private long backlog() {
            Dice dice = network.dice();
            return dice.permille(BACKLOG_PERMILLE) ? dice.below(LONGEST_BACKLOG_NANOS) : 0;
        }

        private void arrive() {
            SimulatedTransport other = network.at(to);
            if (other == null || !stands()) {
                boolean known = network.dice().permille(600);
                settle(known ? new NotSentException("no way to " + to) : new LostException(to));
            } else {
                reached = other;
                whileRunning(other.process, () -> serve(other));
            }
        }

        private void serve(SimulatedTransport other) {
            Receiver receiver = other.receivers.values().stream().findFirst().orElse(null);
            if (receiver == null || other.closed) {
                settle(new LostException(to));
                return;
            }
            Refusal refusal = other.refusalOf(SimulatedTransport.this);
            if (refusal != null) {
                settle(new NotSentException(refusal, to + " refuses " + id, new LostException(to)));
                return;
            }
            call.apply(receiver)
                    .subscribe(
                            answer -> network.time().after(network.travel(), () -> returned(answer)),
                            error -> network.time().after(network.travel(), () -> settle(new LostException(to))));
        }

        private void returned(T answer) {
            if (!stands() || network.losesConnection()) {
                settle(new LostException(to));
            } else {
                tell(done -> done.success(answer));
            }
        }

        /** Now and then: does the other end still answer? */
        private void look() {
            if (!over) {
                SimulatedTransport other = network.at(to);
                if (other == null || (reached != null && reached != other) || !stands()) {
                    settle(new LostException(to));
                } else {
                    network.time().after(patience(), () -> whileRunning(process, this::look));
                }
            }
        }

        private boolean stands() {
            return !network.isCut(id, to)
                    && !network.isCut(to, id)
                    && connection == network.connection(there)
                    && network.connection(back) == network.connection(there);
        }

        private long patience() {
            return network.dice().between(DEAD_PEER_NANOS, 2 * DEAD_PEER_NANOS);
        }

        private void settle(RuntimeException error) {
            tell(done -> done.error(error));
        }

        private void tell(Consumer<MonoSink<T>> outcome) {
            whileRunning(process, () -> {
                if (!over) {
                    over = true;
                    outcome.accept(sink);
                }
            });
        }

        /** On that process's own time: not while it stands still, and never once it is dead. */
        private void whileRunning(Incarnation whose, Runnable task) {
            if (whose.dead()) {
                return;
            }
            if (whose.stoppedForNanos() > 0) {
                network.time().after(whose.stoppedForNanos(), () -> whileRunning(whose, task));
            } else {
                task.run();
            }
        }
    }

    /** The connection broke: whether the request was carried out is not known. */
    private static final class LostException extends RuntimeException {
        private static final long serialVersionUID = 1;

        LostException(String peerId) {
            super("the connection to " + peerId + " broke (simulated)");
        }
    }
}
