package io.reactorraft.server.http;

import io.reactorraft.server.HostPort;
import java.time.Duration;
import java.util.Set;

/**
 * How the HTTP side behaves.
 *
 * @param listen where it listens; port 0 picks a free one
 * @param ownHosts names that requests may be for, besides loopback and the address they came in on
 * @param requestTimeout whatever is not a stream is answered by then
 * @param limits what it holds at most
 */
public record HttpSettings(HostPort listen, Set<String> ownHosts, Duration requestTimeout, Limits limits) {

    /** With the limits that suit a server. */
    public HttpSettings(HostPort listen, Set<String> ownHosts, Duration requestTimeout) {
        this(listen, ownHosts, requestTimeout, Limits.DEFAULTS);
    }

    /**
     * What the HTTP side holds at most.
     *
     * @param maxConnections further ones are closed as they come; 10,000 streams leave room for requests
     * @param maxBodyBytes bodies, both ways, in memory at once; beyond that requests are refused as overloaded
     * @param idleTimeout a connection without a request is closed after this
     * @param keepAlive a stream shows a comment this often, so that nobody on the way takes it for dead
     */
    public record Limits(int maxConnections, long maxBodyBytes, Duration idleTimeout, Duration keepAlive) {
        static final Limits DEFAULTS = new Limits(12_000, 128L << 20, Duration.ofSeconds(60), Duration.ofSeconds(15));
    }
}
