package io.reactorraft.server.http;

import io.reactorraft.server.api.Problem;
import io.reactorraft.server.api.Problems;
import reactor.core.publisher.Mono;

/** Answers the requests of one route and method. Fails with a {@link Problem} or an error that {@link Problems} knows. */
@FunctionalInterface
interface Handler {

    Mono<? extends Reply> handle(Exchange exchange);
}
