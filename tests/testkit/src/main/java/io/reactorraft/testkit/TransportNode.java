package io.reactorraft.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.Member;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import io.reactorraft.spi.Transport;
import io.reactorraft.spi.Transport.Identity;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;

/**
 * A started transport with somebody who listens, for tests: what the group sends is an {@link MessageType#MSG_APPEND},
 * told apart by its index; probes are sent to find out whether a way is open, and are not counted as heard.
 */
public final class TransportNode {
    private static final long ASK_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    /** The longest that anything may take in a test. */
    public static final Duration SOON = Duration.ofSeconds(60);

    /** The group that is spoken for. */
    public static final String GROUP = "group";

    private static final ByteString PROBE = ByteString.copyFromUtf8("probe");
    private static final AtomicLong BOOTS = new AtomicLong();

    private final Transport transport;
    private final Identity identity;
    private final String listenAddress;
    private final String address;
    private final RecordingReceiver ear = new RecordingReceiver();
    private final Disposable membership;
    private long probes;

    private TransportNode(Transport transport, Identity identity, String listenAddress) {
        this.transport = transport;
        this.identity = identity;
        this.listenAddress = listenAddress;
        membership = transport.join(GROUP, ear);
        address = Objects.requireNonNull(
                transport.start(identity, listenAddress).block(SOON), "the address that was bound");
    }

    /** Starts the transport as this member. */
    public static TransportNode start(Transport transport, Identity identity, String listenAddress) {
        return new TransportNode(transport, identity, listenAddress);
    }

    /** A member of the cluster named {@code cluster}, at its first generation, freshly booted. */
    public static Identity identity(String id, String address) {
        return new Identity("cluster", 0, member(id, address), boot());
    }

    /** A member with a data id and a tag. */
    public static Member member(String id, String address) {
        return Member.newBuilder()
                .setId(id)
                .addAddresses(address)
                .setDataId(ByteString.copyFromUtf8("data of " + id))
                .putTags("http", "http://" + id)
                .build();
    }

    /** A boot id that was never used. */
    public static ByteString boot() {
        return ByteString.copyFromUtf8("boot " + BOOTS.incrementAndGet());
    }

    public Transport transport() {
        return transport;
    }

    public Identity identity() {
        return identity;
    }

    public String id() {
        return identity.self().getId();
    }

    /** What was asked to be bound. */
    public String listenAddress() {
        return listenAddress;
    }

    /** What was bound. */
    public String address() {
        return address;
    }

    /** As peers are to know it. */
    public Member member() {
        return identity.self().toBuilder()
                .clearAddresses()
                .addAddresses(address)
                .build();
    }

    public RecordingReceiver ear() {
        return ear;
    }

    /** Leaves the group. */
    public void leave() {
        membership.dispose();
    }

    /** Names the peers of the group. */
    public void peers(TransportNode... peers) {
        transport.peers(
                GROUP, List.of(peers).stream().map(TransportNode::member).toList());
    }

    /** The appends that the group heard. */
    public List<Message> heard() {
        return ear.messages().stream()
                .filter(message -> message.getType() == MessageType.MSG_APPEND
                        && !message.getContext().equals(PROBE))
                .toList();
    }

    /** The indexes of {@link #heard}. */
    public List<Long> heardIndexes() {
        return heard().stream().map(Message::getIndex).toList();
    }

    /** An append to the peer. */
    public Message append(TransportNode to, long index) {
        return Message.newBuilder()
                .setType(MessageType.MSG_APPEND)
                .setGroupId(GROUP)
                .setFrom(id())
                .setTo(to.id())
                .setIndex(index)
                .build();
    }

    public void send(TransportNode to, long index) {
        transport.send(GROUP, append(to, index));
    }

    public ByteBuffer request(String address, String body) {
        ByteBuffer bytes = ByteBuffer.wrap(body.getBytes(StandardCharsets.UTF_8));
        return Objects.requireNonNull(transport.request(GROUP, address, bytes).block(SOON), "an answer");
    }

    /** Waits until it holds of this node. */
    public void await(String what, Predicate<TransportNode> condition) {
        assertThat(ear.await(SOON, heard -> condition.test(this)))
                .as(
                        "'%s' %s within %s; it heard %s and reported %s",
                        id(), what, SOON, heardIndexes(), ear.unreachable())
                .isTrue();
    }

    /** Waits until so many appends are heard. */
    public void awaitHeard(int appends) {
        await("hears " + appends + " appends", node -> node.heard().size() >= appends);
        assertThat(heard()).hasSize(appends);
    }

    /**
     * Sends probes, a heartbeat and an append that is none, until the latest ones are heard: then the way is open, and
     * what was sent before has arrived or is lost, earlier probes included, as order is kept in both classes.
     */
    public void awaitWayTo(TransportNode peer) {
        AtomicReference<@Nullable Message> latest = new AtomicReference<>();
        AtomicReference<@Nullable Message> latestAppend = new AtomicReference<>();
        AtomicLong sentNanos = new AtomicLong();
        peer.await("hears '" + id() + "'", node -> {
            Message sent = latest.get();
            Message sentAppend = latestAppend.get();
            if (sent != null && sentAppend != null && node.ear.messages().containsAll(List.of(sent, sentAppend))) {
                return true;
            }
            long now = System.nanoTime();
            if (sent == null || now - sentNanos.get() > ASK_AGAIN_NANOS) {
                Message heartbeat = append(peer, ++probes).toBuilder()
                        .setType(MessageType.MSG_HEARTBEAT)
                        .build();
                Message probe =
                        append(peer, probes).toBuilder().setContext(PROBE).build();
                latest.set(heartbeat);
                latestAppend.set(probe);
                sentNanos.set(now);
                transport.send(GROUP, heartbeat);
                transport.send(GROUP, probe);
            }
            return false;
        });
    }

    /** Sends heartbeats until one is reported as lost. */
    public void awaitUnreachable(TransportNode peer) {
        await("reports '" + peer.id() + "' unreachable", node -> {
            transport.send(
                    GROUP,
                    append(peer, 0).toBuilder()
                            .setType(MessageType.MSG_HEARTBEAT)
                            .build());
            return ear.unreachable().contains(peer.id());
        });
    }
}
