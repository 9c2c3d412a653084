package io.reactorraft.server.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.reactorraft.server.api.Problem;
import io.reactorraft.server.api.ProblemType;
import io.reactorraft.server.api.Problems;
import io.reactorraft.server.metrics.ServerMetrics;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.netty.channel.AbortedException;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/** Takes a request from the socket to its route and the reply back; whatever goes wrong on the way becomes a problem. */
final class Router {

    private static final Logger LOG = LoggerFactory.getLogger(Router.class);

    /**
     * A client that still sends a body which nobody wants gets this long to notice the answer: closing at once would
     * reset the connection, and the answer with it.
     */
    static final Duration LINGER = Duration.ofSeconds(1);

    private final List<Route> routes;
    private final HostCheck hosts;
    private final ByteBudget budget;
    private final Duration timeout;
    private final InFlight inFlight;
    private final ServerMetrics metrics;

    Router(
            List<Route> routes,
            HostCheck hosts,
            ByteBudget budget,
            Duration timeout,
            InFlight inFlight,
            ServerMetrics metrics) {
        this.routes = List.copyOf(routes);
        this.hosts = hosts;
        this.budget = budget;
        this.timeout = timeout;
        this.inFlight = inFlight;
        this.metrics = metrics;
    }

    /** Answers one request; called on an event loop. Never fails: what cannot be answered is closed. */
    Mono<Void> handle(HttpServerRequest request, HttpServerResponse response) {
        return Mono.using(
                () -> {
                    inFlight.enter();
                    return new Exchange(request, budget.share(), timeout);
                },
                exchange -> answer(exchange)
                        .onErrorResume(
                                error -> !(error instanceof AbortedException), // nobody is left to hear it
                                error -> Mono.just(Answer.problem(Problems.of(error, !exchange.isRead()))))
                        .flatMap(reply -> write(exchange, reply, response))
                        .onErrorResume(error -> abandon(exchange, error)),
                exchange -> {
                    exchange.close();
                    inFlight.leave();
                });
    }

    private Mono<Reply> answer(Exchange exchange) {
        return Mono.defer(() -> find(exchange).handle(exchange))
                .map(Reply.class::cast)
                .switchIfEmpty(Mono.error(() -> new IllegalStateException("no answer for " + exchange.path())));
    }

    private Handler find(Exchange exchange) {
        hosts.check(
                exchange.request().version(),
                exchange.header(HttpHeaderNames.HOST),
                exchange.authority(),
                exchange.request().hostAddress());
        for (Route route : routes) {
            if (route.matches(exchange.path())) {
                exchange.took(route);
                Handler handler = route.handler(exchange);
                if (handler == null) {
                    throw Problem.methodNotAllowed(exchange.method(), route.allowed());
                }
                return handler;
            }
        }
        throw Problem.of(ProblemType.NOT_FOUND, "there is no resource " + exchange.path());
    }

    private Mono<Void> write(Exchange exchange, Reply reply, HttpServerResponse response) {
        if (!(reply instanceof Answer answer)) {
            return reply.writeTo(response, exchange.isHead());
        }
        metrics.answered(exchange.route(), answer.status(), exchange.nanos());
        boolean unread = exchange.hasBody() && !exchange.bodyRead();
        Mono<Void> written = unread
                ? answer.writeAndHold(response, exchange.isHead(), drain(exchange))
                : answer.writeTo(response, exchange.isHead());
        return written.timeout(timeout.plus(LINGER)); // a client that does not read must not hold the value for ever
    }

    /** Throws away what the client still sends, for a moment. */
    private static Mono<Void> drain(Exchange exchange) {
        return exchange.bodyTaken()
                ? Mono.delay(LINGER).then()
                : exchange.request().receive().take(LINGER).then();
    }

    /** The answer, or its body, did not get through: nothing is left but to close. */
    private static Mono<Void> abandon(Exchange exchange, Throwable error) {
        if (!AbortedException.isConnectionReset(error)) {
            LOG.debug("{} {} could not be answered", exchange.method(), exchange.path(), error);
        }
        return Mono.fromRunnable(() -> exchange.request().withConnection(connection -> connection.dispose()));
    }
}
