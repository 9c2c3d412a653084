package io.reactorraft;

import com.google.protobuf.InvalidProtocolBufferException;
import io.reactorraft.proto.ForwardReply;
import io.reactorraft.proto.ForwardRequest;
import io.reactorraft.proto.MemberRequest;
import io.reactorraft.spi.Transport.NotSentException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** The members as this node knows them, and requests to change them on their way to the leader: one hop. Any thread. */
final class LocalMembership implements Membership {
    private final NodeSettings settings;
    private final NodeServices services;
    private final MemberDirectory directory;
    private final LeadershipBroadcaster broadcaster;
    private final Port here;

    /** This node, as far as its members are concerned. */
    interface Port {
        /** Why nothing can be asked of it; null: it can. */
        @Nullable
        RaftException notRunning();

        /** Has it, where it leads, change the members. */
        Mono<Void> changeMembers(MemberRequest request, long limitNanos);

        SerialQueue signals();

        PeerWatch peerWatch();
    }

    LocalMembership(
            NodeSettings settings,
            NodeServices services,
            MemberDirectory directory,
            LeadershipBroadcaster broadcaster,
            Port here) {
        this.settings = settings;
        this.services = services;
        this.directory = directory;
        this.broadcaster = broadcaster;
        this.here = here;
    }

    @Override
    public List<Member> members() {
        return directory.all();
    }

    @Override
    public Flux<List<Peer>> peers() {
        return here.peerWatch().peers();
    }

    @Override
    public Mono<List<Member>> add(Member member) {
        return ask(MemberRequest.Kind.ADD, List.of(member.toProto()));
    }

    @Override
    public Mono<List<Member>> promote(String id) {
        return ask(MemberRequest.Kind.PROMOTE, List.of(named(id)));
    }

    @Override
    public Mono<List<Member>> remove(String id) {
        return ask(MemberRequest.Kind.REMOVE, List.of(named(id)));
    }

    @Override
    public Mono<List<Member>> replace(String id) {
        return ask(MemberRequest.Kind.REPLACE, List.of(named(id)));
    }

    @Override
    public Mono<List<Member>> reconcile(Collection<Member> target) {
        return ask(
                MemberRequest.Kind.RECONCILE,
                target.stream().map(Member::toProto).toList());
    }

    private static io.reactorraft.proto.Member named(String id) {
        if (id.isBlank()) {
            throw new IllegalArgumentException("a member has an id: this one is empty");
        }
        return io.reactorraft.proto.Member.newBuilder().setId(id).build();
    }

    private Mono<List<Member>> ask(MemberRequest.Kind kind, List<io.reactorraft.proto.Member> members) {
        MemberRequest request =
                MemberRequest.newBuilder().setKind(kind).addAllMembers(members).build();
        return Mono.defer(() -> {
                    RaftException refused = here.notRunning();
                    return refused == null ? passOn(request) : Mono.error(refused);
                })
                .publishOn(Schedulers.fromExecutor(here.signals()::post));
    }

    /** Whoever asks to join is called back first: a member that nobody reaches helps nobody. */
    Mono<Void> reached(MemberRequest request) {
        if (request.getKind() != MemberRequest.Kind.JOIN) {
            return Mono.empty();
        }
        if (!broadcaster.latest().leading()) {
            return Mono.error(new RaftException.NotLeader(settings.id() + " does not lead", null));
        }
        String id = request.getMembers(0).getId();
        String address = request.getMembers(0).getAddresses(0);
        ByteBuffer ping = ForwardRequest.newBuilder()
                .setGroupId(settings.groupId())
                .setFrom(settings.id())
                .setPing(true)
                .build()
                .toByteString()
                .asReadOnlyByteBuffer();
        return services.transport()
                .request(settings.groupId(), address, ping)
                .onErrorMap(error -> unreachable(id, address, String.valueOf(error.getMessage())))
                .flatMap(this::nameOf)
                .flatMap(name -> name.equals(id)
                        ? Mono.empty()
                        : Mono.error(unreachable(id, address, "'" + name + "' answers there")));
    }

    private static RaftException unreachable(String id, String address, String why) {
        return RaftException.Rejected.membership(
                MembershipRefusal.UNREACHABLE, "'" + id + "' does not answer at " + address + ": " + why);
    }

    private Mono<String> nameOf(ByteBuffer reply) {
        try {
            List<io.reactorraft.proto.Member> members =
                    ForwardReply.parseFrom(reply).getMembers().getMembersList();
            return Mono.just(members.isEmpty() ? "" : members.get(0).getId());
        } catch (InvalidProtocolBufferException garbled) {
            return Mono.just("");
        }
    }

    /** To the leader, wherever it is, or to this node. */
    Mono<List<Member>> passOn(MemberRequest request) {
        String leaderId = broadcaster.latest().leaderId();
        Member leader = leaderId == null ? null : directory.find(leaderId);
        return leader == null || leader.id().equals(settings.id())
                ? here.changeMembers(request, settings.config().requestTimeout().toNanos())
                        .then(Mono.fromSupplier(this::members))
                : ask(leader, request);
    }

    private Mono<List<Member>> ask(Member leader, MemberRequest request) {
        Duration limit = settings.config().requestTimeout();
        ByteBuffer asked = ForwardRequest.newBuilder()
                .setGroupId(settings.groupId())
                .setFrom(settings.id())
                .setTimeoutMillis(limit.toMillis())
                .setMembers(request)
                .build()
                .toByteString()
                .asReadOnlyByteBuffer();
        return services.transport()
                .request(settings.groupId(), leader.address(), asked)
                .onErrorMap(error -> error instanceof NotSentException
                        ? new RaftException.NotLeader("the leader " + leader.id() + " could not be reached", leader)
                        : new RaftException.OutcomeUnknown(
                                "the connection to the leader " + leader.id()
                                        + " failed; the change may still be made: ask again",
                                error))
                .flatMap(this::read);
    }

    private Mono<List<Member>> read(ByteBuffer bytes) {
        try {
            ForwardReply reply = ForwardReply.parseFrom(bytes);
            return reply.getOutcome() == ForwardReply.Outcome.APPLIED
                    ? Mono.just(reply.getMembers().getMembersList().stream()
                            .map(Member::of)
                            .toList())
                    : Mono.error(Forwarding.failure(reply, directory));
        } catch (InvalidProtocolBufferException unreadable) {
            return Mono.error(new RaftException.OutcomeUnknown("the leader's answer could not be read", unreadable));
        }
    }
}
