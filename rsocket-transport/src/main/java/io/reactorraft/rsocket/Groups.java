package io.reactorraft.rsocket;

import io.reactorraft.proto.Member;
import io.reactorraft.proto.Message;
import io.reactorraft.spi.Metric;
import io.reactorraft.spi.RaftMetrics;
import io.reactorraft.spi.Transport.Receiver;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;

/**
 * The groups that share this transport, each with its ear. Thread-safe.
 *
 * <p>A receiver that throws breaks its own contract; it is named in the log, and neither the connection nor the other
 * groups suffer for it.
 */
final class Groups {

    private static final Logger LOG = LoggerFactory.getLogger(Groups.class);

    private final Map<String, Receiver> receivers = new ConcurrentHashMap<>();
    private final LongAdder unknown = new LongAdder();
    private volatile RaftMetrics metrics = RaftMetrics.NONE;

    Disposable join(String groupId, Receiver receiver) {
        if (receivers.putIfAbsent(groupId, receiver) != null) {
            throw new IllegalStateException(
                    "group '" + groupId + "' has a receiver already: dispose of it before another one joins");
        }
        return Disposables.composite(() -> receivers.remove(groupId, receiver));
    }

    @Nullable
    Receiver find(String groupId) {
        return receivers.get(groupId);
    }

    void receive(Message message) {
        Receiver receiver = receivers.get(message.getGroupId());
        if (receiver == null) {
            unknown.increment();
            return;
        }
        try {
            receiver.receive(message);
        } catch (RuntimeException e) {
            LOG.error("group '{}' threw at a message from '{}'", message.getGroupId(), message.getFrom(), e);
        }
    }

    /** Messages for groups that nobody joined. */
    long unknown() {
        return unknown.sum();
    }

    void unreachable(String groupId, String peerId) {
        Receiver receiver = receivers.get(groupId);
        if (receiver == null) {
            return;
        }
        try {
            receiver.unreachable(peerId);
        } catch (RuntimeException e) {
            LOG.error("group '{}' threw when told that '{}' is unreachable", groupId, peerId, e);
        }
    }

    void metByAll(Member peer) {
        receivers.keySet().forEach(groupId -> met(groupId, peer));
    }

    void met(String groupId, Member peer) {
        Receiver receiver = receivers.get(groupId);
        if (receiver == null) {
            return;
        }
        try {
            receiver.met(peer);
        } catch (RuntimeException e) {
            LOG.error("group '{}' threw when it met '{}'", groupId, peer.getId(), e);
        }
    }

    void measure(RaftMetrics metrics) {
        this.metrics = metrics;
    }

    void record(Metric metric, String groupId, String peerId, long value) {
        metrics.record(metric, groupId, peerId, value);
    }
}
