package io.reactorraft.rsocket;

import io.reactorraft.spi.Transport.NotSentException;
import io.rsocket.exceptions.RejectedException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Requests to whoever is at an address: on the connection that stands to a peer, else on one made for the occasion.
 *
 * <p>What certainly never began is told apart from what may have been carried out: callers repeat only the former.
 */
final class Requests {

    /** Connections made for the occasion, at a time. */
    static final int MAX_OCCASIONAL_CONNECTIONS = 64;

    /**
     * Bytes that may wait on a connection before further requests are refused. Raft's messages share the connection and
     * hold back only later, so that a flood of forwarded proposals never keeps an acknowledgement or a vote waiting.
     */
    static final long MAX_WAITING_BYTES = FrameConnection.CONGESTED_BYTES / 2;

    private final Wiring wiring;
    private final PeerLinks links;
    private final AtomicInteger occasional = new AtomicInteger();

    Requests(Wiring wiring, PeerLinks links) {
        this.wiring = wiring;
        this.links = links;
    }

    Mono<ByteBuffer> request(String groupId, String address, ByteBuffer body) {
        if (body.remaining() > wiring.config().maxMessageBytes()) {
            return notSent(
                    "the request has " + body.remaining() + " bytes, more than maxMessageBytes="
                            + wiring.config().maxMessageBytes(),
                    null);
        }
        Route route = new Route(Route.Kind.REQUEST, groupId);
        PeerLink link = links.at(address);
        Session session = link == null ? null : link.session();
        if (link == null || (session != null && !isThere(link, session, address))) {
            return occasionally(route, address, body);
        }
        return session == null ? notSent("not connected to " + address, null) : ask(session, route, body);
    }

    /**
     * Whether the connection leads to the address, as far as we know. That a peer says of itself that it is there does not
     * show that anybody reaches it there, and that may be the question.
     */
    private static boolean isThere(PeerLink link, Session session, String address) {
        return session.address().equals(address) || link.namedAddresses().contains(address);
    }

    private Mono<ByteBuffer> occasionally(Route route, String address, ByteBuffer body) {
        if (occasional.incrementAndGet() > MAX_OCCASIONAL_CONNECTIONS) {
            occasional.decrementAndGet();
            return notSent("more than " + MAX_OCCASIONAL_CONNECTIONS + " connections for single requests", null);
        }
        return wiring.dialler()
                .dial(address, "", Purpose.REQUESTS)
                .onErrorMap(error -> error instanceof Handshake.RefusedException refused
                                && (refused.byPeer() || refused.refusal().isNotYet())
                        ? new NotSentException(refused.refusal(), String.valueOf(error.getMessage()), error)
                        : new NotSentException(String.valueOf(error.getMessage()), error))
                .flatMap(session -> ask(session, route, body)
                        .doFinally(signal -> session.connection().dispose()))
                .doFinally(signal -> occasional.decrementAndGet());
    }

    private Mono<ByteBuffer> ask(Session session, Route route, ByteBuffer body) {
        FrameConnection connection = session.connection();
        if (connection.isDisposed()) {
            return notSent("not connected to " + session.address(), null);
        }
        if (connection.backlogBytes() > MAX_WAITING_BYTES) {
            return notSent("more than " + MAX_WAITING_BYTES + " bytes wait for " + session.address(), null);
        }
        int limit = wiring.config().maxConcurrentRequests();
        if (session.requests().incrementAndGet() > limit) {
            session.requests().decrementAndGet();
            return notSent("maxConcurrentRequests=" + limit + " are outstanding at " + session.address(), null);
        }
        Duration timeout = wiring.config().requestTimeout();
        return session.socket()
                .requestResponse(route.payload(body))
                .timeout(timeout, wiring.loops().scheduler())
                .map(payload -> payload.getData())
                .switchIfEmpty(Mono.error(() -> new UnansweredException(session, "no answer was given", null)))
                .onErrorMap(error -> !(error instanceof UnansweredException), error -> inOneLine(session, error))
                .doFinally(signal -> session.requests().decrementAndGet())
                .contextWrite(LateErrors::ignored);
    }

    private RuntimeException inOneLine(Session session, Throwable error) {
        if (error instanceof RejectedException) {
            return new NotSentException("refused by " + session.address() + ": " + error.getMessage(), error);
        }
        String reason = error instanceof TimeoutException
                ? "no answer within " + wiring.config().requestTimeout().toMillis() + " ms"
                : String.valueOf(error.getMessage());
        return new UnansweredException(session, reason, error);
    }

    private static <T> Mono<T> notSent(String why, @Nullable Throwable cause) {
        return Mono.error(cause == null ? new NotSentException(why) : new NotSentException(why, cause));
    }

    /** The request left, and no answer came: it may have been carried out. */
    static final class UnansweredException extends RuntimeException {
        private static final long serialVersionUID = 1;

        UnansweredException(Session session, String reason, @Nullable Throwable cause) {
            super("a request to " + session.address() + " may or may not have been carried out: " + reason, cause);
        }
    }
}
