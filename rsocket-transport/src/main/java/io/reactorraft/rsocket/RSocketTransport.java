package io.reactorraft.rsocket;

import io.reactorraft.proto.Member;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.PeerStatus;
import io.reactorraft.spi.RaftMetrics;
import io.reactorraft.spi.Transport;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Peers over RSocket on TCP: each member dials every other one and sends on its own connection, so that there is one
 * channel for each direction and nobody waits for the other to call.
 *
 * <p>Does nothing until {@link #start}; owns every thread it makes, and gives back all of them on {@link #close}.
 *
 * <p><b>Threads.</b> As {@link Transport} says. Receivers are called on event loops named {@code raft-io-…} and {@code
 * raft-snapshot-…}.
 *
 * <p><b>Loss.</b> A message is dropped, counted and reported where no connection to its addressee stands or too much
 * waits for it already. What was on its way when a connection broke is reported once.
 */
public final class RSocketTransport implements Transport {

    private static final Logger LOG = LoggerFactory.getLogger(RSocketTransport.class);

    private final RSocketTransportConfig config;
    private final Groups groups = new Groups();
    private final Map<String, List<Member>> namedEarly = new HashMap<>();
    private volatile @Nullable Running running;
    private @Nullable Mono<Void> closing;

    /** With {@link RSocketTransportConfig#defaults}; for {@link java.util.ServiceLoader}. */
    public RSocketTransport() {
        this(RSocketTransportConfig.defaults());
    }

    public RSocketTransport(RSocketTransportConfig config) {
        this.config = config;
    }

    @Override
    public void measure(RaftMetrics metrics) {
        groups.measure(metrics);
    }

    @Override
    public Mono<Void> probe(String listenAddress) {
        return running != null
                ? Mono.empty()
                : Mono.<Void>fromRunnable(() -> Listener.probe(listenAddress)).subscribeOn(Schedulers.boundedElastic());
    }

    @Override
    public Mono<String> start(Identity self, String listenAddress) {
        return Mono.defer(() -> startOnce(self, listenAddress));
    }

    private synchronized Mono<String> startOnce(Identity self, String listenAddress) {
        if (closing != null) {
            return Mono.error(new IllegalStateException("the transport is closed: make another one"));
        }
        Running started = running;
        if (started != null) {
            return started.isFor(self, listenAddress)
                    ? started.address()
                    : Mono.error(new IllegalStateException("the transport was started as " + started
                            + ", and cannot be '" + self.self().getId() + "' on " + listenAddress + " as well"));
        }
        Running starting = new Running(config, groups, self, listenAddress);
        running = starting;
        namedEarly.forEach(starting::peers);
        namedEarly.clear();
        return starting.address().doOnError(error -> forget(starting));
    }

    /** A port that was taken may be free the next time. */
    private synchronized void forget(Running failed) {
        if (running == failed) {
            running = null;
        }
        failed.close().subscribe(null, error -> LOG.warn("after a failed start: {}", error.getMessage()));
    }

    @Override
    public Disposable join(String groupId, Receiver receiver) {
        return groups.join(groupId, receiver);
    }

    @Override
    public synchronized void peers(String groupId, Collection<Member> peers) {
        Running started = running;
        if (started != null) {
            started.peers(groupId, List.copyOf(peers));
        } else if (closing == null) {
            namedEarly.put(groupId, List.copyOf(peers));
        }
    }

    @Override
    public void send(String groupId, Message message) {
        if (message.getTypeValue() < MessageType.MSG_PROPOSE_VALUE) {
            throw new IllegalArgumentException("a local message never travels: " + message.getType());
        }
        Running started = running;
        if (started != null) {
            started.send(groupId, message);
        } else {
            groups.record(Lane.of(message).dropped(), groupId, message.getTo(), 1);
        }
    }

    @Override
    public Mono<Void> sendSnapshot(String peerId, SnapshotMetadata metadata, Flux<ByteBuffer> content) {
        return Mono.defer(() -> {
            Running started = running;
            return started == null
                    ? Mono.error(new IllegalStateException("the transport is not running"))
                    : started.snapshots().send(peerId, metadata, content);
        });
    }

    @Override
    public Mono<ByteBuffer> request(String groupId, String address, ByteBuffer body) {
        return Mono.defer(() -> {
            Running started = running;
            return started == null
                    ? Mono.error(new NotSentException("the transport is not running"))
                    : started.requests().request(groupId, address, body);
        });
    }

    @Override
    public void ask(String groupId) {
        Running started = running;
        if (started != null) {
            started.ask(groupId);
        }
    }

    @Override
    public List<PeerStatus> status(String groupId) {
        Running started = running;
        return started == null ? List.of() : started.status(groupId);
    }

    @Override
    public Mono<Void> close() {
        return Mono.defer(this::closeOnce);
    }

    private synchronized Mono<Void> closeOnce() {
        if (closing == null) {
            Running started = running;
            running = null;
            closing = started == null ? Mono.empty() : started.close().cache();
        }
        return closing;
    }

    /** For tests: drops both ways whatever passes between here and the peer, until {@link #mend}. Idempotent. */
    void cut(String peerId) {
        Running started = running;
        if (started != null) {
            started.cut(peerId);
        }
    }

    /**
     * For tests: loses, in silence, every message from and to any peer, until {@link #resume}, though connections stand.
     * Idempotent.
     */
    void pause() {
        running().pause(true);
    }

    /** Undoes {@link #pause}. Idempotent. */
    void resume() {
        running().pause(false);
    }

    /** Undoes {@link #cut}. Idempotent. */
    void mend(String peerId) {
        Running started = running;
        if (started != null) {
            started.mend(peerId);
        }
    }

    /** For tests, what is inside; fails where the transport does not run. */
    Running running() {
        Running started = running;
        if (started == null) {
            throw new IllegalStateException("the transport is not running");
        }
        return started;
    }
}
