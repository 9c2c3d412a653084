package io.reactorraft.rsocket;

import com.google.protobuf.InvalidProtocolBufferException;
import io.reactorraft.proto.Hello;
import io.reactorraft.proto.HelloReply;
import io.reactorraft.proto.HelloReply.Verdict;
import io.reactorraft.proto.Member;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import io.reactorraft.proto.ProbeReply;
import io.reactorraft.proto.SnapshotOpening;
import io.reactorraft.proto.SnapshotProgress;
import io.reactorraft.spi.Transport.Receiver;
import io.rsocket.ConnectionSetupPayload;
import io.rsocket.Payload;
import io.rsocket.RSocket;
import io.rsocket.SocketAcceptor;
import io.rsocket.exceptions.ApplicationErrorException;
import io.rsocket.exceptions.RejectedException;
import io.rsocket.exceptions.RejectedSetupException;
import io.rsocket.util.DefaultPayload;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * One accepted connection: the handshake first, and only then what it was made for.
 *
 * <p>Called on the connection's event loop, on which every message it carries is decoded and delivered, in order.
 */
final class Inbound implements SocketAcceptor, RSocket {

    /** Payloads that a peer may send ahead; replenished in part as they are delivered. */
    static final int PREFETCH = 128;

    /** The longest id of a member that is taken from a handshake. */
    private static final int MAX_ID_LENGTH = 256;

    private static final Duration REFUSAL_LINGERS = Duration.ofSeconds(1);

    private final FrameConnection connection;
    private final Wiring wiring;
    private final PeerLinks links;
    private final Listener listener;
    private final AtomicInteger requests = new AtomicInteger();
    private final AtomicInteger channels = new AtomicInteger();
    private volatile @Nullable Caller caller;
    private volatile SnapshotIntake.@Nullable Part part;
    private volatile boolean welcome;
    private final AtomicBoolean met = new AtomicBoolean();
    private volatile boolean retired;

    Inbound(FrameConnection connection, Wiring wiring, PeerLinks links, Listener listener) {
        this.connection = connection;
        this.wiring = wiring;
        this.links = links;
        this.listener = listener;
    }

    /** Who it is, once it said so; null before. */
    @Nullable
    String peerId() {
        Caller known = caller;
        return known == null ? null : known.id();
    }

    /** Whether the groups have something against the caller, whatever they had when it called. */
    boolean isRefusedNow() {
        Caller known = caller;
        return known != null && wiring.groups().refuse(known.hello().getSelf());
    }

    @Override
    public Mono<RSocket> accept(ConnectionSetupPayload setup, RSocket unused) {
        try {
            return judge(setup);
        } catch (RuntimeException torn) {
            // Thrown, it would cost RSocket the buffer of the frame.
            return reject("a torn SETUP frame");
        }
    }

    private Mono<RSocket> judge(ConnectionSetupPayload setup) {
        Purpose purpose = Purpose.of(setup.getMetadata());
        if (purpose == null) {
            return reject("no known purpose");
        }
        Hello hello;
        try {
            hello = Hello.parseFrom(setup.getData());
        } catch (InvalidProtocolBufferException e) {
            return reject("an undecodable Hello");
        }
        String id = hello.getSelf().getId();
        if (id.isBlank() || id.length() > MAX_ID_LENGTH) {
            return reject("an id of " + id.length() + " characters");
        }
        if (links.isCut(id)) {
            return Mono.error(new RejectedSetupException("cut off"));
        }
        if (!certified(hello.getSelf())) {
            return reject("the id '" + id + "' and a certificate that names neither it nor its host, but "
                    + connection.certificateNames());
        }
        caller = new Caller(id, purpose, hello);
        connection.schedule(this::closeUnlessWelcome, wiring.config().handshakeTimeout());
        return Mono.just(this);
    }

    /**
     * Whether the caller shows that it is who it says: by the id, or by a host where we know it to be. Only of one that we
     * know nothing of its own word on its host is taken.
     */
    private boolean certified(Member self) {
        if (wiring.tls() == null) {
            return true;
        }
        CertificateNames shown = connection.certificateNames();
        List<String> known = links.namedAddresses(self.getId());
        return shown != null
                && (shown.coverId(self.getId())
                        || (known.isEmpty() ? self.getAddressesList() : known)
                                .stream()
                                        .anyMatch(address -> shown.coverHost(
                                                HostPort.parse(address).host())));
    }

    private <T> Mono<T> reject(String what) {
        HostilePeerException reason =
                new HostilePeerException(HostilePeerException.Kind.SETUP, "introduced itself with " + what);
        connection.fail(reason);
        return Mono.error(reason);
    }

    private void closeUnlessWelcome() {
        if (!welcome) {
            connection.dispose();
        }
    }

    @Override
    public Mono<Payload> requestResponse(Payload payload) {
        Caller known = caller;
        Route route = Route.of(payload);
        if (known == null || route == null) {
            return hostile("a request without a route");
        }
        if (route.kind() == Route.Kind.HELLO) {
            return verdict(known);
        }
        if (!welcome) {
            return hostile("a request before it was made welcome");
        }
        met(known);
        return switch (route.kind()) {
            case PROBE -> standing();
            case SNAPSHOT -> position(known, payload);
            case HELLO, REQUEST -> answer(route, payload);
        };
    }

    private Mono<Payload> position(Caller known, Payload payload) {
        if (known.purpose() != Purpose.SNAPSHOTS || part != null) {
            return hostile("a snapshot that was not announced");
        }
        SnapshotOpening opening;
        try {
            opening = SnapshotOpening.parseFrom(payload.getData());
        } catch (InvalidProtocolBufferException e) {
            return hostile("the undecodable opening of a snapshot");
        }
        SnapshotIntake.Part opened;
        try {
            opened = wiring.intakes().open(known.id(), opening, wiring).carriedBy(connection);
        } catch (RejectedException e) {
            return Mono.error(e);
        }
        part = opened;
        return opened.position()
                .map(next -> DefaultPayload.create(
                        SnapshotProgress.newBuilder().setNextChunk(next).build().toByteArray()))
                .onErrorMap(Inbound::asFailure);
    }

    /** As the other side of a snapshot gets to know it. */
    private static Throwable asFailure(Throwable error) {
        return error instanceof RejectedException
                ? error
                : new ApplicationErrorException(String.valueOf(error.getMessage()), error);
    }

    private Mono<Payload> standing() {
        ProbeReply reply = ProbeReply.newBuilder()
                .setTimeMillis(System.currentTimeMillis())
                .addAllStandings(wiring.groups().standings())
                .build();
        return Mono.just(DefaultPayload.create(reply.toByteArray()));
    }

    private Mono<Payload> verdict(Caller known) {
        if (links.isCut(known.id())) {
            connection.fail(new IllegalStateException("cut off"));
            return Mono.never();
        }
        // Not before it is known here: who is refused from then on is let go of when the groups name their peers.
        HelloReply judged = wiring.handshake().judge(known.hello());
        Payload reply = DefaultPayload.create(judged.toByteArray());
        if (judged.getVerdict() != Verdict.WELCOME) {
            listener.refused(known.hello(), judged);
            connection.schedule(connection::dispose, REFUSAL_LINGERS);
            return Mono.just(reply);
        }
        Mono<Void> former = known.purpose() == Purpose.MESSAGES ? listener.succeed(known.id(), this) : Mono.empty();
        return former.then(Mono.fromSupplier(() -> {
            welcome = true;
            listener.welcomed(known.hello());
            wiring.loops().execute(() -> arrived(known));
            return reply;
        }));
    }

    /** It goes on: so it has judged us as well, and makes us welcome. One that refuses us hangs up instead. */
    private void met(Caller known) {
        if (met.compareAndSet(false, true)) {
            wiring.loops().execute(() -> wiring.groups().metByAll(known.hello().getSelf()));
        }
    }

    private void arrived(Caller known) {
        if (known.purpose() == Purpose.MESSAGES && !connection.isDisposed()) {
            links.arrived(known.hello());
        }
    }

    private Mono<Payload> answer(Route route, Payload payload) {
        Receiver receiver = wiring.groups().find(route.groupId());
        if (receiver == null) {
            return Mono.error(new RejectedException(
                    "'" + wiring.selfId() + "' is not a member of group '" + route.groupId() + "'"));
        }
        int limit = wiring.config().maxConcurrentRequests();
        if (requests.incrementAndGet() > limit) {
            requests.decrementAndGet();
            return Mono.error(
                    new RejectedException("more than maxConcurrentRequests=" + limit + " requests are outstanding"));
        }
        return Mono.defer(() -> receiver.request(payload.getData()))
                .switchIfEmpty(Mono.error(() -> new ApplicationErrorException("no answer was given")))
                .<Payload>handle((body, sink) -> {
                    if (body.remaining() > wiring.config().maxMessageBytes()) {
                        sink.error(new ApplicationErrorException("the answer has " + body.remaining()
                                + " bytes, more than maxMessageBytes="
                                + wiring.config().maxMessageBytes()));
                    } else {
                        sink.next(DefaultPayload.create(body));
                    }
                })
                .onErrorMap(
                        error -> !(error instanceof ApplicationErrorException),
                        error -> new ApplicationErrorException(String.valueOf(error.getMessage()), error))
                .doFinally(signal -> requests.decrementAndGet());
    }

    @Override
    public Flux<Payload> requestChannel(Publisher<Payload> payloads) {
        Caller known = caller;
        if (known == null || !welcome || known.purpose().channels() == 0) {
            return refuseChannel(payloads, "a channel that was not announced");
        }
        met(known);
        if (channels.incrementAndGet() > known.purpose().channels()) {
            return refuseChannel(payloads, "one channel too many");
        }
        if (known.purpose() == Purpose.SNAPSHOTS) {
            SnapshotIntake.Part opened = part;
            return opened == null
                    ? refuseChannel(payloads, "a snapshot that was not opened")
                    : opened.receive(payloads)
                            .thenMany(Flux.<Payload>empty())
                            .onErrorMap(Inbound::asFailure)
                            .contextWrite(LateErrors::ignored);
        }
        return Flux.from(payloads)
                .limitRate(PREFETCH)
                .doOnNext(payload -> deliver(payload, known))
                .thenMany(Flux.<Payload>empty())
                .contextWrite(LateErrors::ignored);
    }

    /** RSocket expects that a channel is subscribed to, even where none of its payloads is wanted. */
    private Flux<Payload> refuseChannel(Publisher<Payload> payloads, String what) {
        Mono<Payload> refusal = hostile(what);
        return Flux.from(payloads).thenMany(refusal).contextWrite(LateErrors::ignored);
    }

    private void deliver(Payload payload, Caller known) {
        try {
            for (Message message : Batch.decode(payload.getData())) {
                if (retired) {
                    return;
                }
                check(message, known);
                wiring.groups().receive(message);
            }
        } catch (InvalidProtocolBufferException e) {
            fail(new HostilePeerException(
                    HostilePeerException.Kind.PAYLOAD, "sent an undecodable payload: " + e.getMessage()));
        } catch (HostilePeerException e) {
            fail(e);
        }
    }

    /** Nobody speaks in another's name, and what a node says to itself never travels. */
    private void check(Message message, Caller known) {
        String fault = null;
        if (!message.getFrom().equals(known.id())) {
            fault = "a message from '" + message.getFrom() + "' on the connection of '" + known.id() + "'";
        } else if (!message.getTo().equals(wiring.selfId())) {
            fault = "a message to '" + message.getTo() + "', but this is '" + wiring.selfId() + "'";
        } else if (message.getTypeValue() < MessageType.MSG_PROPOSE_VALUE) {
            fault = "a local message, " + message.getType();
        }
        if (fault != null) {
            throw new HostilePeerException(HostilePeerException.Kind.MESSAGE, "sent " + fault);
        }
    }

    private <T> Mono<T> hostile(String what) {
        HostilePeerException reason = new HostilePeerException(HostilePeerException.Kind.MESSAGE, "sent " + what);
        fail(reason);
        return Mono.error(reason);
    }

    private void fail(HostilePeerException reason) {
        retired = true;
        connection.fail(reason);
    }

    /** Closes the connection; completes once no message of it is being delivered or will be. */
    Mono<Void> retire() {
        return Mono.create(sink -> connection.execute(() -> {
            retired = true;
            connection.fail(new IllegalStateException("replaced by a later connection"));
            sink.success();
        }));
    }

    /** Who calls, and what for. */
    private record Caller(String id, Purpose purpose, Hello hello) {}
}
