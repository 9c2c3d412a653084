package io.reactorraft.testkit;

import io.reactorraft.proto.HelloReply.Verdict;
import io.reactorraft.proto.Member;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.PeerStatus;
import io.reactorraft.spi.Transport;
import io.reactorraft.testkit.InMemoryNetwork.Meeting;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * A transport of an {@link InMemoryNetwork}. Its receivers are called on one worker, in the order in which messages were
 * sent to it.
 */
public final class InMemoryTransport implements Transport {

    /** Messages that may wait for one peer; the next one is dropped and the peer reported unreachable. */
    public static final int MAX_QUEUED_MESSAGES = 4_096;

    private final InMemoryNetwork network;
    private final Scheduler.Worker worker;
    private final Map<String, Receiver> receivers = new ConcurrentHashMap<>();
    private final Map<String, Map<String, Member>> peers = new ConcurrentHashMap<>();
    private final Map<String, Member> guests = new ConcurrentHashMap<>();
    private final Map<String, AtomicInteger> queued = new ConcurrentHashMap<>();
    private final Map<String, Refusal> refusals = new ConcurrentHashMap<>();
    private final Map<String, Loss> lost = new ConcurrentHashMap<>();
    private final Map<String, Instant> reachedSince = new ConcurrentHashMap<>();
    private final Set<Meeting> meetings = ConcurrentHashMap.newKeySet();
    private final Sinks.Empty<Void> gone = Sinks.empty();
    private @Nullable String listenAddress;
    private volatile @Nullable String address;
    private volatile @Nullable Identity identity;
    private volatile boolean closed;

    InMemoryTransport(InMemoryNetwork network, Scheduler.Worker worker) {
        this.network = network;
        this.worker = worker;
    }

    @Nullable
    Identity identity() {
        return closed ? null : identity;
    }

    @Override
    public Mono<String> start(Identity self, String listenAddress) {
        return Mono.fromCallable(() -> {
            String bound = bind(self, listenAddress);
            network.contactAll();
            return bound;
        });
    }

    private synchronized String bind(Identity self, String listenAddress) {
        if (closed) {
            throw new IllegalStateException("the transport is closed: make another one");
        }
        Identity started = identity;
        String bound = address;
        if (started == null || bound == null) {
            bound = network.bind(this, listenAddress);
            this.listenAddress = listenAddress;
            address = bound;
            identity = self;
        } else if (!started.equals(self) || !listenAddress.equals(this.listenAddress)) {
            throw new IllegalStateException("the transport was started as '"
                    + started.self().getId() + "' on " + bound + ", and cannot be '"
                    + self.self().getId() + "' on " + listenAddress + " as well");
        }
        return bound;
    }

    @Override
    public Disposable join(String groupId, Receiver receiver) {
        if (receivers.putIfAbsent(groupId, receiver) != null) {
            throw new IllegalStateException(
                    "group '" + groupId + "' has a receiver already: dispose of it before another one joins");
        }
        network.contactAll(); // before, this transport had no verdict
        return Disposables.composite(() -> receivers.remove(groupId, receiver));
    }

    @Override
    public void peers(String groupId, Collection<Member> members) {
        Map<String, Member> named = new ConcurrentHashMap<>();
        members.forEach(member -> named.put(member.getId(), member));
        peers.put(groupId, named);
        contactPeers();
    }

    /** Meets whom it names and has not met yet. */
    void contactPeers() {
        Identity self = identity();
        if (self != null) {
            peers.values()
                    .forEach(named -> named.values().forEach(member -> {
                        if (!member.getId().equals(self.self().getId())) {
                            contact(self, member);
                        }
                    }));
        }
    }

    private @Nullable InMemoryTransport contact(Identity self, Member member) {
        InMemoryTransport other = reach(self, member);
        Identity identity = other == null ? null : other.identity();
        if (other == null || identity == null) {
            lost.putIfAbsent(member.getId(), new Loss("nobody answers", Instant.now()));
            return null;
        }
        Refusal theirs = other.judge(self.self());
        if (theirs != null && isToBeTold(refusals.put(member.getId(), theirs), theirs)) {
            post(() -> receivers.values().forEach(receiver -> receiver.refused(member.getId(), theirs)));
        }
        if (theirs != null || judge(identity.self()) != null) {
            lost.putIfAbsent(member.getId(), new Loss("refused", Instant.now()));
            return null;
        }
        refusals.remove(member.getId());
        if (lost.remove(member.getId()) != null || !reachedSince.containsKey(member.getId())) {
            reachedSince.put(member.getId(), Instant.now());
        }
        meet(identity);
        other.guests.put(self.self().getId(), self.self());
        other.meet(self);
        return other;
    }

    private static boolean isToBeTold(@Nullable Refusal before, Refusal now) {
        return before == null
                || before.verdict() != now.verdict()
                || now.isNotYet()
                || now.knownIndex() > before.knownIndex();
    }

    /** Where the group says that the member is, else where it says so itself. */
    private @Nullable InMemoryTransport reach(Identity self, Member member) {
        InMemoryTransport named = network.reach(self, member);
        Member guest = guests.get(member.getId());
        return named == null && guest != null ? network.reach(self, guest) : named;
    }

    private @Nullable Refusal judge(Member caller) {
        List<Refusal> all = new ArrayList<>();
        Refusal notYet = receivers.isEmpty() ? new Refusal(Verdict.NOT_YET, "it is still starting") : null;
        for (Receiver receiver : receivers.values()) {
            Refusal refusal = receiver.judge(caller);
            if (refusal != null && refusal.verdict() == Verdict.WIPED) {
                return refusal;
            }
            if (refusal != null && refusal.isNotYet()) {
                notYet = refusal;
            } else if (refusal != null) {
                all.add(refusal);
            }
        }
        Refusal common = all.isEmpty() || all.size() < receivers.size() ? null : all.get(0);
        return notYet != null ? notYet : common;
    }

    @Override
    public List<PeerStatus> status(String groupId) {
        Identity self = identity();
        return self == null
                ? List.of()
                : peers.getOrDefault(groupId, Map.of()).values().stream()
                        .filter(member -> !member.getId().equals(self.self().getId()))
                        .map(member -> status(groupId, self, member))
                        .toList();
    }

    private PeerStatus status(String groupId, Identity self, Member member) {
        InMemoryTransport other = contact(self, member);
        Loss loss = lost.get(member.getId());
        Receiver receiver = other == null ? null : other.receivers.get(groupId);
        Instant reached = reachedSince.getOrDefault(member.getId(), Instant.EPOCH);
        return new PeerStatus(
                member.getId(),
                other != null,
                loss == null ? reached : loss.at(),
                other == null ? null : other.address,
                loss == null ? null : loss.reason(),
                loss == null ? null : loss.at(),
                other == null ? null : Duration.ZERO,
                other == null ? null : Duration.ZERO,
                receiver == null ? null : receiver.standing());
    }

    /** The process that this member was has ended. */
    void ended(Identity process) {
        String peerId = process.self().getId();
        Identity self = identity();
        boolean met = meetings.contains(new Meeting(peerId, process.bootId()));
        if (met && self != null && !network.isCut(self.self().getId(), peerId)) {
            post(() -> receivers.values().forEach(receiver -> receiver.gone(peerId)));
        }
    }

    private record Loss(String reason, Instant at) {}

    private void meet(Identity peer) {
        if (meetings.add(new Meeting(peer.self().getId(), peer.bootId()))) {
            post(() -> receivers.values().forEach(receiver -> receiver.met(peer.self())));
        }
    }

    @Override
    public void send(String groupId, Message message) {
        if (message.getTypeValue() < MessageType.MSG_PROPOSE_VALUE) {
            throw new IllegalArgumentException("a local message never travels: " + message.getType());
        }
        Identity self = identity();
        Member peer = find(message.getTo());
        if (self == null || peer == null || !handOver(groupId, message, self, peer)) {
            unreachable(groupId, message.getTo());
        }
    }

    private boolean handOver(String groupId, Message message, Identity self, Member peer) {
        InMemoryTransport other = contact(self, peer);
        if (other == null) {
            return false;
        }
        AtomicInteger waiting = queued.computeIfAbsent(peer.getId(), id -> new AtomicInteger());
        if (waiting.incrementAndGet() > MAX_QUEUED_MESSAGES) {
            waiting.decrementAndGet();
            return false;
        }
        other.post(() -> {
            waiting.decrementAndGet();
            if (closed || other != reach(self, peer)) {
                unreachable(groupId, peer.getId());
            } else if (!network.loses()) {
                other.deliver(groupId, message);
            }
        });
        return true;
    }

    private void deliver(String groupId, Message message) {
        Receiver receiver = receivers.get(groupId);
        if (receiver != null) {
            receiver.receive(message);
        }
    }

    private @Nullable Member find(String peerId) {
        for (Map<String, Member> named : peers.values()) {
            Member member = named.get(peerId);
            if (member != null) {
                return member;
            }
        }
        return guests.get(peerId);
    }

    private void unreachable(String groupId, String peerId) {
        post(() -> {
            Receiver receiver = receivers.get(groupId);
            if (receiver != null) {
                receiver.unreachable(peerId);
            }
        });
    }

    @Override
    public Mono<ByteBuffer> request(String groupId, String address, ByteBuffer body) {
        ByteBuffer copy =
                ByteBuffer.allocate(body.remaining()).put(body.duplicate()).flip();
        return Mono.defer(
                () -> ask(groupId, network.at(address), address, receiver -> receiver.request(copy.duplicate())));
    }

    @Override
    public Mono<Void> sendSnapshot(String peerId, SnapshotMetadata metadata, Flux<ByteBuffer> content) {
        return Mono.defer(() -> {
            Identity self = identity();
            Member member = find(peerId);
            InMemoryTransport other = self == null || member == null ? null : reach(self, member);
            return ask(
                    metadata.getGroupId(), other, "'" + peerId + "'", receiver -> receiver.snapshot(metadata, content));
        });
    }

    private <T> Mono<T> ask(
            String groupId, @Nullable InMemoryTransport other, String whom, Function<Receiver, Mono<T>> question) {
        Identity self = identity();
        Identity identity = other == null ? null : other.identity();
        if (self == null
                || other == null
                || identity == null
                || !InMemoryNetwork.areKin(self, identity)
                || network.isCut(self.self().getId(), identity.self().getId())) {
            return Mono.error(new NotSentException("cannot reach " + whom));
        }
        Receiver receiver = other.receivers.get(groupId);
        if (receiver == null) {
            return Mono.error(new NotSentException(
                    "'" + identity.self().getId() + "' is not a member of group '" + groupId + "'"));
        }
        Mono<T> answer = Mono.create(sink -> other.post(
                () -> sink.onDispose(question.apply(receiver).subscribe(sink::success, sink::error, sink::success))));
        Mono<T> lost = Mono.firstWithSignal(gone.asMono(), other.gone.asMono())
                .then(Mono.error(() -> new IllegalStateException("the connection to " + whom + " was lost")));
        return Mono.firstWithSignal(answer, lost);
    }

    @Override
    public Mono<Void> close() {
        return Mono.fromRunnable(() -> {
            Identity ended = closed ? null : identity;
            closed = true;
            network.unbind(this);
            if (ended != null) {
                network.tellGone(ended);
            }
            gone.tryEmitEmpty();
            worker.dispose();
        });
    }

    private void post(Runnable task) {
        if (!closed) {
            try {
                worker.schedule(task);
            } catch (RejectedExecutionException closedMeanwhile) {
                // Whoever closed it wants to hear nothing more.
            }
        }
    }
}
