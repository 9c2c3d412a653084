package io.reactorraft.rsocket;

import io.reactorraft.proto.HelloReply.Verdict;
import io.reactorraft.proto.Member;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.Standing;
import io.reactorraft.spi.Metric;
import io.reactorraft.spi.RaftMetrics;
import io.reactorraft.spi.Transport.Receiver;
import io.reactorraft.spi.Transport.Refusal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
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
final class Groups implements Handshake.Judge {

    private static final Logger LOG = LoggerFactory.getLogger(Groups.class);

    private static final Refusal NO_GROUP = new Refusal(Verdict.NOT_YET, "whoever answers is still starting");

    private final Map<String, Receiver> receivers = new ConcurrentHashMap<>();
    private final LongAdder unknown = new LongAdder();
    private final LongAdder lostWhilePaused = new LongAdder();
    private volatile boolean paused;
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

    /** Whether all messages are to be lost, for tests. */
    void pause(boolean paused) {
        this.paused = paused;
    }

    /** Whether the message is lost to a pause, which is then counted. */
    boolean losesWhilePaused() {
        if (!paused) {
            return false;
        }
        lostWhilePaused.increment();
        return true;
    }

    /** Messages lost to pauses, both ways. */
    long lostWhilePaused() {
        return lostWhilePaused.sum();
    }

    void receive(Message message) {
        if (losesWhilePaused()) {
            return;
        }
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

    void gone(Collection<String> groups, String peerId) {
        for (String groupId : groups) {
            Receiver receiver = receivers.get(groupId);
            if (receiver != null) {
                try {
                    receiver.gone(peerId);
                } catch (RuntimeException e) {
                    LOG.error("group '{}' threw when told that '{}' is gone", groupId, peerId, e);
                }
            }
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

    /**
     * What there is against the member: one group that calls it wiped is enough, or one that has no verdict yet, otherwise
     * all have to agree. As long as there is none, there is no verdict.
     */
    @Override
    public @Nullable Refusal of(Member member) {
        Refusal first = null;
        Refusal notYet = receivers.isEmpty() ? NO_GROUP : null;
        boolean all = true;
        for (Map.Entry<String, Receiver> group : receivers.entrySet()) {
            Refusal refusal = judge(group.getKey(), group.getValue(), member);
            if (refusal == null) {
                all = false;
            } else if (refusal.verdict() == Verdict.WIPED) {
                return refusal;
            } else if (refusal.isNotYet()) {
                notYet = refusal;
            } else {
                first = refusal;
            }
        }
        Refusal common = all ? first : null;
        return notYet != null ? notYet : common;
    }

    /** Whether there is something against the member, and not only no verdict yet. */
    boolean refuse(Member member) {
        Refusal refusal = of(member);
        return refusal != null && !refusal.isNotYet();
    }

    /** Whether any of them has it as a member. */
    @Override
    public boolean knows(Member member) {
        return receivers.values().stream().anyMatch(receiver -> {
            try {
                return receiver.knows(member);
            } catch (RuntimeException e) {
                LOG.error("a group threw when asked whether it knows '{}'", member.getId(), e);
                return false;
            }
        });
    }

    private @Nullable Refusal judge(String groupId, Receiver receiver, Member member) {
        try {
            Refusal refusal = receiver.judge(member);
            return refusal == null || receivers.size() == 1 ? refusal : ofSomeGroup(refusal);
        } catch (RuntimeException e) {
            LOG.error("group '{}' threw when asked about '{}'", groupId, member.getId(), e);
            return null;
        }
    }

    /**
     * Whose log it is that is known so far is not said, and where there are several it may be another one's: so it is said to be
     * known, and not how far.
     */
    private static Refusal ofSomeGroup(Refusal refusal) {
        return new Refusal(refusal.verdict(), refusal.reason(), Math.min(1, refusal.knownIndex()));
    }

    void refusedByPeer(Collection<String> groups, String peerId, Refusal refusal) {
        Refusal told = groups.size() == 1 ? refusal : ofSomeGroup(refusal);
        for (String groupId : groups) {
            Receiver receiver = receivers.get(groupId);
            if (receiver != null) {
                try {
                    receiver.refused(peerId, told);
                } catch (RuntimeException e) {
                    LOG.error("group '{}' threw when told that '{}' refuses it", groupId, peerId, e);
                }
            }
        }
    }

    /** Where each group stands. */
    List<Standing> standings() {
        List<Standing> standings = new ArrayList<>();
        receivers.forEach((groupId, receiver) -> {
            try {
                standings.add(
                        receiver.standing().toBuilder().setGroupId(groupId).build());
            } catch (RuntimeException e) {
                LOG.error("group '{}' threw when asked where it stands", groupId, e);
            }
        });
        return standings;
    }

    void measure(RaftMetrics metrics) {
        this.metrics = metrics;
    }

    void record(Metric metric, String groupId, String peerId, long value) {
        metrics.record(metric, groupId, peerId, value);
    }
}
