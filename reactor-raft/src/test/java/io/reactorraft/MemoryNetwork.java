package io.reactorraft;

import io.reactorraft.proto.HelloReply.Verdict;
import io.reactorraft.proto.Member;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.PeerStatus;
import io.reactorraft.spi.Transport;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** A network in memory, on one thread: each hop takes a millisecond, and nodes can be cut off. */
final class MemoryNetwork {
    private static final Duration HOP = Duration.ofMillis(1);

    private final Scheduler scheduler;
    private final Map<String, Transport.Receiver> receivers = new HashMap<>();
    private final Map<String, Long> generations = new HashMap<>();
    private final List<PeerStatus> known = new ArrayList<>();
    private long questions;
    private final Map<String, Long> sent = new HashMap<>();
    private final Map<String, Long> refused = new HashMap<>();
    private final Map<String, String> idsByAddress = new HashMap<>();
    private final Map<String, String> answering = new HashMap<>();
    private final Map<String, Member> identities = new HashMap<>();
    private final Map<String, Link> links = new HashMap<>();
    private final Set<String> hidden = new HashSet<>();
    private final Set<String> cutOff = new HashSet<>();
    private final Map<String, Consumer<ByteBuffer>> losing = new HashMap<>();
    private final Map<String, Transport.Refusal> refusing = new HashMap<>();
    private final Map<String, Long> namings = new HashMap<>();
    final List<String> closed = new ArrayList<>();
    private Predicate<Message> lost = message -> false;
    private @Nullable String readsOnly;
    private @Nullable String failing;
    private @Nullable String hanging;

    MemoryNetwork(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    /** Nothing but answers about reads gets through to this node. */
    void onlyReadIndexTo(String id) {
        readsOnly = id;
    }

    /** Such messages do not arrive. */
    void lose(Predicate<Message> messages) {
        lost = messages;
    }

    /** This step of a start fails: {@code probe} or {@code start}. */
    void failing(String step) {
        failing = step;
    }

    /** This step of a start hangs. */
    void hanging(String step) {
        hanging = step;
    }

    private Mono<Void> step(String name) {
        if (name.equals(hanging)) {
            return Mono.never();
        }
        return name.equals(failing) ? Mono.error(new IllegalStateException(name + " failed")) : Mono.empty();
    }

    /** Nobody who calls this address gets an answer. */
    void hide(String address) {
        hidden.add(address);
    }

    /** Whoever calls the address is answered again. */
    void show(String address) {
        hidden.remove(address);
    }

    /** Another node answers at this address. */
    void answers(String address, String id) {
        answering.put(address, id);
    }

    /** Who asks something of the address is refused; null: no more. */
    void refuses(String address, Transport.@Nullable Refusal refusal) {
        if (refusal == null) {
            refusing.remove(address);
        } else {
            refusing.put(address, refusal);
        }
    }

    /** How often the node has said who its peers are. */
    long namings(String id) {
        return namings.getOrDefault(id, 0L);
    }

    /** Requests to the node break off before they are answered; each is shown. */
    void loseAnswers(String id, Consumer<ByteBuffer> seen) {
        losing.put(id, seen);
    }

    /** Requests are answered again. */
    void answerAgain() {
        losing.clear();
    }

    /** As if its sender had sent it. */
    void deliver(Message message) {
        Objects.requireNonNull(receivers.get(message.getTo())).receive(message);
    }

    /** Cuts it off from everybody. */
    void isolate(String id) {
        cutOff.add(id);
    }

    void heal() {
        cutOff.clear();
    }

    /** The transport of the node takes the peer's process for gone. */
    void tellGone(String id, String peerId) {
        Objects.requireNonNull(receivers.get(id)).gone(peerId);
    }

    /** Every transport knows this of the peer. */
    void knows(PeerStatus status) {
        known.add(status);
    }

    /** How often transports were to ask peers where they stand. */
    long questions() {
        return questions;
    }

    /** How many pre-votes the node has asked for. */
    long preVotesAskedBy(String id) {
        return sent(id, MessageType.MSG_PRE_VOTE);
    }

    /** How many messages of this type the node has sent. */
    long sent(String id, MessageType type) {
        return sent.getOrDefault(id + " " + type, 0L);
    }

    /** A peer says so to the node. */
    void tell(String id, String peerId, Transport.Refusal refusal) {
        Objects.requireNonNull(receivers.get(id)).refused(peerId, refusal);
    }

    Transport transport(String id) {
        Link link = new Link(id);
        links.put(id, link);
        return link;
    }

    /** Nothing of this start of the node is heard any more, and it hears nothing. */
    void kill(String id) {
        Objects.requireNonNull(links.get(id)).dead = true;
        receivers.remove(id);
    }

    private boolean connected(String from, String to) {
        return !cutOff.contains(from) && !cutOff.contains(to) && receivers.containsKey(to);
    }

    /** As a handshake would: each judges the other, and who is refused is told so once, and when the refusal rests on more. */
    private boolean shakeHands(String from, Transport.Receiver sender, String to, Transport.Receiver receiver) {
        boolean welcome = judge(to, receiver, from, sender) && judge(from, sender, to, receiver);
        if (welcome) {
            receiver.met(Objects.requireNonNull(identities.get(from)));
            sender.met(Objects.requireNonNull(identities.get(to)));
        }
        return welcome;
    }

    private boolean judge(String judge, Transport.Receiver judging, String judged, Transport.Receiver told) {
        Member peer = Objects.requireNonNull(identities.get(judged));
        long generation = generations.getOrDefault(judged, 0L);
        boolean earlier = generation != Transport.Identity.NO_GENERATION
                && generation < generations.getOrDefault(judge, 0L)
                && !judging.knows(peer);
        Transport.Refusal refusal = earlier
                ? new Transport.Refusal(Verdict.WRONG_GENERATION, "'" + judged + "' is of an earlier generation")
                : judging.judge(peer);
        if (refusal == null) {
            refused.remove(judge + ">" + judged);
        } else {
            Long knew = refused.put(judge + ">" + judged, refusal.knownIndex());
            if (refusal.isNotYet() || knew == null || refusal.knownIndex() > knew) {
                told.refused(judge, refusal);
            }
        }
        return refusal == null;
    }

    private final class Link implements Transport {
        private final String id;
        private boolean dead;

        Link(String id) {
            this.id = id;
        }

        @Override
        public Mono<Void> probe(String listenAddress) {
            return step("probe");
        }

        @Override
        public Mono<String> start(Identity self, String listenAddress) {
            idsByAddress.values().removeIf(id::equals);
            idsByAddress.put(self.self().getAddresses(0), id);
            identities.put(id, self.self());
            generations.put(id, self.generation());
            refused.keySet().removeIf(who -> who.endsWith(">" + id));
            return step("start").thenReturn(listenAddress);
        }

        @Override
        public Disposable join(String groupId, Receiver receiver) {
            if (!dead) {
                receivers.put(id, receiver);
            }
            return () -> receivers.remove(id, receiver);
        }

        @Override
        public void peers(String groupId, Collection<Member> peers) {
            namings.merge(id, 1L, Long::sum);
            scheduler.schedule(() -> peers.forEach(peer -> greet(peer.getId())), HOP.toMillis(), TimeUnit.MILLISECONDS);
        }

        private void greet(String other) {
            Receiver here = receivers.get(id);
            Receiver there = receivers.get(other);
            if (!other.equals(id) && here != null && there != null && connected(id, other)) {
                shakeHands(id, here, other, there);
            }
        }

        @Override
        public void ask(String groupId) {
            questions++;
        }

        @Override
        public List<PeerStatus> status(String groupId) {
            return known.stream().filter(status -> !status.peerId().equals(id)).toList();
        }

        @Override
        public void send(String groupId, Message message) {
            if (dead || lost.test(message)) {
                return;
            }
            sent.merge(id + " " + message.getType(), 1L, Long::sum);
            scheduler.schedule(
                    () -> {
                        Receiver there = receivers.get(message.getTo());
                        Receiver here = receivers.get(id);
                        if (message.getTo().equals(readsOnly)
                                && message.getType() != MessageType.MSG_READ_INDEX_RESPONSE) {
                            return;
                        }
                        if (there != null && here != null && connected(id, message.getTo())) {
                            if (shakeHands(id, here, message.getTo(), there)) {
                                there.receive(message);
                            }
                        } else if (here != null) {
                            here.unreachable(message.getTo());
                        }
                    },
                    HOP.toMillis(),
                    TimeUnit.MILLISECONDS);
        }

        @Override
        public Mono<Void> sendSnapshot(String peerId, SnapshotMetadata metadata, Flux<ByteBuffer> content) {
            return Mono.delay(HOP, scheduler)
                    .filter(sent -> !dead)
                    .switchIfEmpty(Mono.never())
                    .then(content.collectList())
                    .flatMap(buffers -> {
                        Receiver there = receivers.get(peerId);
                        return there == null || !connected(id, peerId)
                                ? Mono.error(new IllegalStateException("no way to " + peerId))
                                : there.snapshot(metadata, Flux.fromIterable(buffers));
                    })
                    .timeout(Duration.ofSeconds(2), scheduler);
        }

        @Override
        public Mono<ByteBuffer> request(String groupId, String address, ByteBuffer body) {
            return Mono.delay(HOP, scheduler)
                    .filter(sent -> !dead)
                    .switchIfEmpty(Mono.never())
                    .flatMap(sent -> {
                        Transport.Refusal refusal = refusing.get(address);
                        if (refusal != null) {
                            return Mono.error(
                                    new NotSentException(refusal, refusal.reason(), new IllegalStateException()));
                        }
                        String to = hidden.contains(address)
                                ? null
                                : answering.getOrDefault(address, idsByAddress.get(address));
                        @Nullable Receiver there = to == null ? null : receivers.get(to);
                        if (to == null || there == null || !connected(id, to)) {
                            return Mono.error(new NotSentException("no way to " + address));
                        }
                        Consumer<ByteBuffer> loser = losing.get(to);
                        if (loser != null) {
                            loser.accept(body);
                            return Mono.error(new IllegalStateException("the connection broke"));
                        }
                        return there.request(body)
                                .delayElement(HOP, scheduler)
                                .flatMap(reply -> connected(id, to)
                                        ? Mono.just(reply)
                                        : Mono.error(new IllegalStateException("the connection broke")));
                    });
        }

        @Override
        public Mono<Void> close() {
            closed.add(id);
            return Mono.empty();
        }
    }
}
