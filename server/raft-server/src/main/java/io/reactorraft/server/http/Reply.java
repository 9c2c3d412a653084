package io.reactorraft.server.http;

import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerResponse;

/** What a route answers with: an {@link Answer} at once, or an {@link EventStream} without an end. */
interface Reply {

    /**
     * Writes it out; completes once all of it is handed to the socket.
     *
     * @param headersOnly for HEAD: the headers as GET would send them, and no body
     */
    Mono<Void> writeTo(HttpServerResponse response, boolean headersOnly);
}
