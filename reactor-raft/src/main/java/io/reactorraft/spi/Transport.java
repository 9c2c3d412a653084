package io.reactorraft.spi;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.HelloReply;
import io.reactorraft.proto.Member;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.proto.Standing;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * How members of all groups on this node reach their peers.
 *
 * <p><b>Threads.</b> Every method may be called from any thread and returns at once. Receivers are called on the
 * transport's own threads and must not block.
 *
 * <p><b>Loss.</b> Messages may be lost, and are then reported as {@link Receiver#unreachable}; messages of one class to
 * one peer, appends or all others, are never reordered; a heartbeat may overtake appends. Raft recovers from loss by itself, so nothing is resent here.
 */
public interface Transport {

    /**
     * Where to report the metrics of {@link Metric} that begin with {@code PEER_}. Called before {@link #start}, if at
     * all; a transport may measure nothing.
     */
    default void measure(RaftMetrics metrics) {}

    /**
     * Looks whether {@link #start} could bind this address, and leaves nothing behind: so that a node that cannot listen
     * finds out before it has written anything. Fails as {@code start} would; a transport may have nothing to look at.
     */
    default Mono<Void> probe(String listenAddress) {
        return Mono.empty();
    }

    /**
     * Binds the listener. Idempotent: groups that share a transport share its port; a second start with another
     * identity is refused.
     *
     * <p>Fails with a {@link StartRefusedException} where the address cannot be bound.
     *
     * @param listenAddress {@code host:port}; port 0 picks a free one
     * @return the address that was bound
     */
    Mono<String> start(Identity self, String listenAddress);

    /** Receives what is sent to the group until disposed of. One receiver a group. */
    Disposable join(String groupId, Receiver receiver);

    /** Whom the group talks to from now on: the transport dials who is new and, in order, lets go of who is missing. */
    void peers(String groupId, Collection<Member> peers);

    /** Sends to {@code message.to}, or drops and reports where the peer's queue is full. Never blocks. */
    void send(String groupId, Message message);

    /**
     * Streams a snapshot to a peer; completes once the peer has made it durable. An error says that it did not get there,
     * or may not have.
     *
     * @param content read as fast as the peer takes it, and read anew from its beginning whenever a connection broke, so it
     *     gives the same buffers each time; the peer gets each of them once
     */
    Mono<Void> sendSnapshot(String peerId, SnapshotMetadata metadata, Flux<ByteBuffer> content);

    /**
     * Asks whoever answers at {@code address}, one request and one response. An error of type {@link
     * NotSentException} says that the request never left this node; after any other it may have been carried out.
     */
    Mono<ByteBuffer> request(String groupId, String address, ByteBuffer body);

    /** Asks the group's peers anew where they stand; what they say is in a later {@link #status}. */
    default void ask(String groupId) {}

    /** What is known of the group's peers, one of each; a transport may know nothing. */
    default List<PeerStatus> status(String groupId) {
        return List.of();
    }

    /** Lets queued messages out, closes connections and the port. Idempotent. */
    Mono<Void> close();

    /**
     * Who we are to peers, checked by every handshake.
     *
     * @param generation how often one member alone went on with the group, as far as this node's log tells: who is of an
     *     earlier one is refused, unless a group {@link Receiver#knows} it
     * @param self this member, with its address and its data id
     * @param bootId 16 random bytes of this start of the process
     */
    record Identity(String clusterId, long generation, Member self, ByteString bootId) {

        /** Of a node that belongs to no group so far. */
        public static final long NO_GENERATION = -1;
    }

    /** The group's ear. Called on the transport's threads; never blocks. */
    interface Receiver {

        /** A message from a peer whose handshake was accepted. */
        void receive(Message message);

        /** The last message to the peer was, or may have been, lost. */
        void unreachable(String peerId);

        /**
         * The peer's process has ended, as far as can be told from here: no connection to or from it is open, and who dials
         * it is refused, is left before the handshake is answered, or meets another boot of it. Said once for each time that
         * it was connected. It may be a mistake, of a firewall for instance, so it is a reason to look, and no more.
         */
        default void gone(String peerId) {}

        /**
         * What the group has against a peer, from the id and the data id of its handshake; null: nothing. Asked at every
         * handshake, and of all who are connected whenever the group says who its {@link Transport#peers} are: one that it
         * refuses then is let go of, in order, and told so when it calls again. {@link HelloReply.Verdict#NOT_YET} where
         * the group has yet to read who its members are, which is so, too, as long as no group has joined.
         *
         * <p>Where several groups share the transport, {@link HelloReply.Verdict#WIPED} of one is enough, as a data
         * directory belongs to all of them; {@link HelloReply.Verdict#NOT_YET} of one is, too; any other verdict counts once
         * all groups refuse the peer.
         */
        default @Nullable Refusal judge(Member peer) {
            return null;
        }

        /**
         * Whether the peer, by the id and the data id of its handshake, is a member of the group as it is now: one that has
         * yet to hear that the group began anew.
         */
        default boolean knows(Member peer) {
            return false;
        }

        /**
         * The peer, which has shown that it is the one that was called, refuses us. Said once for each verdict of that
         * peer, until it makes us welcome, and again where it rests on more of the log ({@link Refusal#knownIndex}); but each
         * time where it has no verdict yet. The transport goes on dialling it now and then, since a verdict may change.
         */
        default void refused(String peerId, Refusal refusal) {}

        /** Where the group stands; what peers are told when they ask. */
        default Standing standing() {
            return Standing.getDefaultInstance();
        }

        /** A handshake with the peer succeeded; what it said of itself. */
        void met(Member peer);

        /** Answers a {@link Transport#request}. An error is reported to the caller as one whose fate is unknown. */
        Mono<ByteBuffer> request(ByteBuffer body);

        /** Takes in a snapshot; completes once it is durable. */
        Mono<Void> snapshot(SnapshotMetadata metadata, Flux<ByteBuffer> content);
    }

    /**
     * Why one member does not talk to another.
     *
     * @param reason one line for people, which says what to do
     * @param knownIndex up to where whoever refuses has applied the group's log: what it knows of the members; 0: it does
     *     not say
     */
    record Refusal(HelloReply.Verdict verdict, String reason, long knownIndex) {

        public Refusal {
            if (verdict == HelloReply.Verdict.WELCOME) {
                throw new IllegalArgumentException("who is welcome is not refused");
            }
        }

        /** By one that does not say how much it knows. */
        public Refusal(HelloReply.Verdict verdict, String reason) {
            this(verdict, reason, 0);
        }

        /**
         * Whether nobody is to end for it: it takes a member for one that left, by a list of which it does not say how old it
         * is.
         */
        public boolean isUnfounded() {
            boolean left = verdict == HelloReply.Verdict.REMOVED || verdict == HelloReply.Verdict.WIPED;
            return left && knownIndex == 0;
        }

        /** Nobody has refused anybody so far: the same question is to be asked again soon. */
        public boolean isNotYet() {
            return verdict == HelloReply.Verdict.NOT_YET;
        }
    }

    /** The request never left this node, so it was certainly not carried out. */
    final class NotSentException extends RuntimeException {
        private static final long serialVersionUID = 1;

        private final transient @Nullable Refusal refusal;

        public NotSentException(String message, Throwable cause) {
            super(message, cause);
            this.refusal = null;
        }

        public NotSentException(String message) {
            super(message);
            this.refusal = null;
        }

        /** Whoever answers does not talk to us: asking again rarely helps. */
        public NotSentException(Refusal refusal, String message, Throwable cause) {
            super(message, cause);
            this.refusal = refusal;
        }

        /** What it has against us; null: it was something else. */
        public @Nullable Refusal refusal() {
            return refusal;
        }
    }
}
