package io.reactorraft.rsocket;

import static io.reactorraft.spi.Transport.Identity.NO_GENERATION;

import io.reactorraft.proto.Hello;
import io.reactorraft.proto.HelloReply;
import io.reactorraft.proto.HelloReply.Verdict;
import io.reactorraft.proto.Member;
import io.reactorraft.spi.Transport.Identity;
import io.reactorraft.spi.Transport.Refusal;
import org.jspecify.annotations.Nullable;

/**
 * Who speaks to whom, settled before anything else: who dials says it in the SETUP frame and then asks for the verdict;
 * who accepts judges, and says who it is; who dialled judges that in turn.
 *
 * <p>The verdict is asked for because RSocket reports a connection as established before the other side has seen its
 * SETUP frame.
 */
final class Handshake {

    /** What this version speaks. A later one raises it only where an older peer would misunderstand. */
    static final int PROTOCOL_VERSION = 1;

    private final Identity identity;
    private final Judge judge;

    Handshake(Identity identity, Judge judge) {
        this.identity = identity;
        this.judge = judge;
    }

    Identity identity() {
        return identity;
    }

    /** Our introduction, to the member that is meant; empty: to whoever answers. */
    Hello hello(String addressee) {
        return Hello.newBuilder()
                .setProtocolVersion(PROTOCOL_VERSION)
                .setClusterId(identity.clusterId())
                .setGeneration(identity.generation())
                .setSelf(identity.self())
                .setBootId(identity.bootId())
                .setAddressee(addressee)
                .setTimeMillis(System.currentTimeMillis())
                .build();
    }

    /** Judges who dialled us. */
    HelloReply judge(Hello caller) {
        HelloReply.Builder reply =
                HelloReply.newBuilder().setHello(hello(caller.getSelf().getId()));
        String self = identity.self().getId();
        Verdict kinship = kinship(caller);
        if (kinship != Verdict.WELCOME) {
            return reply.setVerdict(kinship)
                    .setReason(difference(kinship, caller))
                    .build();
        }
        if (!caller.getAddressee().isEmpty() && !caller.getAddressee().equals(self)) {
            return reply.setVerdict(Verdict.NOT_ADDRESSEE)
                    .setReason("'" + caller.getAddressee() + "' was called, '" + self + "' answers")
                    .build();
        }
        if (caller.getSelf().getId().equals(self)) {
            return reply.setVerdict(Verdict.NOT_ADDRESSEE)
                    .setReason("'" + self + "' is the id of the member that answers, too")
                    .build();
        }
        Refusal refusal = judge.of(caller.getSelf());
        return refusal == null
                ? reply.setVerdict(Verdict.WELCOME).build()
                : reply.setVerdict(refusal.verdict())
                        .setReason(refusal.reason())
                        .setKnownIndex(refusal.knownIndex())
                        .build();
    }

    /**
     * Judges the answer of whom we dialled.
     *
     * @throws RefusedException where it refuses us, or is not whom we meant
     */
    Hello accept(HelloReply reply, String addressee, String address) {
        Hello answerer = reply.getHello();
        boolean welcome = reply.getVerdict() == Verdict.WELCOME;
        if (!welcome && !speaksForTheGroup(reply.getVerdict())) {
            throw refusedBy(reply, address);
        }
        Verdict kinship = kinship(answerer);
        if (kinship != Verdict.WELCOME) {
            throw refused(address, kinship, difference(kinship, answerer));
        }
        String id = answerer.getSelf().getId();
        if (!addressee.isEmpty() && !addressee.equals(id)) {
            throw refused(address, Verdict.NOT_ADDRESSEE, "'" + addressee + "' was called, '" + id + "' answers");
        }
        if (!welcome) {
            throw refusedBy(reply, address);
        }
        Refusal refusal = judge.of(answerer.getSelf());
        if (refusal != null) {
            throw new RefusedException(false, address, refusal);
        }
        return answerer;
    }

    /** What may end a node, or keep it from elections, counts from nobody but the member that was called. */
    private static boolean speaksForTheGroup(Verdict verdict) {
        return switch (verdict) {
            case REMOVED, WIPED, WRONG_GENERATION, NOT_YET -> true;
            default -> false;
        };
    }

    private static RefusedException refusedBy(HelloReply reply, String address) {
        Refusal refusal = new Refusal(reply.getVerdict(), reply.getReason(), reply.getKnownIndex());
        return new RefusedException(true, address, refusal);
    }

    private static RefusedException refused(String address, Verdict verdict, String reason) {
        return new RefusedException(false, address, new Refusal(verdict, reason));
    }

    private Verdict kinship(Hello other) {
        if (other.getProtocolVersion() != PROTOCOL_VERSION) {
            return Verdict.VERSION;
        }
        if (!other.getClusterId().equals(identity.clusterId())) {
            return Verdict.WRONG_CLUSTER;
        }
        boolean earlier = other.getGeneration() < identity.generation() && other.getGeneration() != NO_GENERATION;
        return earlier && !judge.knows(other.getSelf()) ? Verdict.WRONG_GENERATION : Verdict.WELCOME;
    }

    private String difference(Verdict verdict, Hello other) {
        String self = identity.self().getId();
        return switch (verdict) {
            case VERSION ->
                "'" + self + "' speaks protocol version " + PROTOCOL_VERSION + ", '"
                        + other.getSelf().getId() + "' speaks " + other.getProtocolVersion();
            case WRONG_CLUSTER ->
                "'" + self + "' belongs to cluster '" + identity.clusterId() + "', '"
                        + other.getSelf().getId() + "' to '" + other.getClusterId() + "'";
            case WRONG_GENERATION ->
                "'" + self + "' is of generation " + identity.generation() + " of the cluster, '"
                        + other.getSelf().getId() + "' of " + other.getGeneration()
                        + ": the group began anew without it; its data directory stays as it is, and it may come back"
                        + " with an empty one and --join, and without itself in --initial-cluster";
            case WELCOME, NOT_ADDRESSEE, REMOVED, WIPED, NOT_YET, UNRECOGNIZED -> throw new AssertionError(verdict);
        };
    }

    /** Whether a keepalive is neither a burden nor useless: every 100 ms to 1 min, dead after 2 to 100 such times. */
    static boolean acceptable(long intervalMillis, long timeoutMillis) {
        return intervalMillis >= 100
                && intervalMillis <= 60_000
                && timeoutMillis >= 2 * intervalMillis
                && timeoutMillis <= 100 * intervalMillis;
    }

    /** The other side answered, and does not want to talk to us, or we not to it. Dialling again rarely helps. */
    static final class RefusedException extends RuntimeException {
        private static final long serialVersionUID = 1;

        private final boolean byPeer;
        private final Refusal refusal;

        RefusedException(boolean byPeer, String address, Refusal refusal) {
            super("refused at " + address + " as " + refusal.verdict() + ": " + refusal.reason(), null, false, false);
            this.byPeer = byPeer;
            this.refusal = refusal;
        }

        /** Whether the other side refuses us; else we refuse it. */
        boolean byPeer() {
            return byPeer;
        }

        Refusal refusal() {
            return refusal;
        }
    }

    /** Has something against a member of the right cluster and generation, or has not: null. */
    @FunctionalInterface
    interface Judge {
        @Nullable
        Refusal of(Member member);

        /** Whether a group has it as a member, whatever generation it last heard of. */
        default boolean knows(Member member) {
            return false;
        }
    }
}
