package io.reactorraft;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.reactorraft.proto.ForwardReply;
import io.reactorraft.proto.ForwardRequest;
import io.reactorraft.proto.MemberList;
import io.reactorraft.proto.MemberRequest;
import io.reactorraft.spi.Transport.NotSentException;
import io.reactorraft.spi.Transport.Refusal;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.util.retry.Retry;

/**
 * The members as this node knows them, and requests to change them on their way to the leader: one hop. Where a leader is
 * lost meanwhile the next one is asked, since asking again does no harm. Any thread.
 */
final class LocalMembership implements Membership {
    private final NodeSettings settings;
    private final NodeServices services;
    private final NodeThreads threads;
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
            NodeThreads threads,
            MemberDirectory directory,
            LeadershipBroadcaster broadcaster,
            Port here) {
        this.settings = settings;
        this.services = services;
        this.threads = threads;
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
        return askFrom(MemberRequest.Kind.ADD, List.of(member.toProto()));
    }

    @Override
    public Mono<List<Member>> promote(String id) {
        return askFrom(MemberRequest.Kind.PROMOTE, List.of(named(id)));
    }

    @Override
    public Mono<List<Member>> remove(String id) {
        return Mono.defer(() -> ask(MemberRequest.Kind.REMOVE, List.of(withDisk(id, known(id)))));
    }

    @Override
    public Mono<List<Member>> remove(String id, String dataId) {
        return ask(MemberRequest.newBuilder()
                .setKind(MemberRequest.Kind.REMOVE)
                .addMembers(withDisk(id, parsed(dataId)))
                .setAgain(true) // whoever names the disk may have asked before
                .build());
    }

    @Override
    public Mono<List<Member>> replace(String id) {
        return Mono.defer(() -> ask(MemberRequest.Kind.REPLACE, List.of(withDisk(id, known(id)))));
    }

    @Override
    public Mono<List<Member>> replace(String id, String dataId) {
        return ask(MemberRequest.Kind.REPLACE, List.of(withDisk(id, parsed(dataId))));
    }

    private static ByteString parsed(String dataId) {
        try {
            return ByteString.copyFrom(HexFormat.of().parseHex(dataId));
        } catch (IllegalArgumentException malformed) {
            throw new IllegalArgumentException(
                    "a data id is hexadecimal, and this is not: '" + dataId + "'", malformed);
        }
    }

    @Override
    public String dataId(String id) {
        return HexFormat.of().formatHex(known(id).toByteArray());
    }

    /** The disk that is to go is the one that is known when somebody first asks: what comes after it is to stay. */
    private static io.reactorraft.proto.Member withDisk(String id, ByteString dataId) {
        return named(id).toBuilder().setDataId(dataId).build();
    }

    private ByteString known(String id) {
        io.reactorraft.proto.Member known = directory.roster().members().get(id);
        return known == null ? ByteString.EMPTY : known.getDataId();
    }

    @Override
    public Mono<List<Member>> reconcile(Collection<Member> target) {
        return askFrom(
                MemberRequest.Kind.RECONCILE,
                target.stream().map(Member::toProto).toList());
    }

    /** With the target that is known when somebody first asks: asked again, what others asked for since is to stay. */
    private Mono<List<Member>> askFrom(MemberRequest.Kind kind, List<io.reactorraft.proto.Member> members) {
        MemberRequest.Builder request = MemberRequest.newBuilder().setKind(kind).addAllMembers(members);
        return Mono.defer(() -> {
            MemberList before = directory.roster().target();
            MemberRequest.Builder asked = request.clone();
            if (before != null) {
                asked.setTargetBefore(before);
            } else if (kind != MemberRequest.Kind.RECONCILE) { // of which all versions take it that there was none
                asked.setTargetBefore(MemberList.getDefaultInstance());
            }
            return ask(asked.build());
        });
    }

    private static io.reactorraft.proto.Member named(String id) {
        if (id.isBlank()) {
            throw new IllegalArgumentException("a member has an id: this one is empty");
        }
        return io.reactorraft.proto.Member.newBuilder().setId(id).build();
    }

    private Mono<List<Member>> ask(MemberRequest.Kind kind, List<io.reactorraft.proto.Member> members) {
        return ask(
                MemberRequest.newBuilder().setKind(kind).addAllMembers(members).build());
    }

    private Mono<List<Member>> ask(MemberRequest request) {
        return Mono.defer(() -> {
                    RaftException refused = here.notRunning();
                    return refused == null ? untilTold(request) : Mono.error(refused);
                })
                .publishOn(Schedulers.fromExecutor(here.signals()::post));
    }

    private Mono<List<Member>> untilTold(MemberRequest request) {
        Attempts attempts = new Attempts(isRepeatable(request));
        return Mono.defer(() -> passOn(attempts.marked(request), attempts.leftNanos()))
                .retryWhen(Retry.from(failed -> failed.concatMap(each -> attempts.next(each.failure()))))
                .onErrorResume(
                        RaftException.OutcomeUnknown.class,
                        unknown -> isOwnRemoval(request) ? Mono.just(members()) : Mono.error(unknown));
    }

    /** It ends because of it, before somebody can tell it so. */
    private boolean isOwnRemoval(MemberRequest request) {
        return request.getKind() == MemberRequest.Kind.REMOVE
                && request.getMembers(0).getId().equals(settings.id())
                && directory.roster().removed().containsKey(settings.id());
    }

    /** Where no disk is named the one that has come meanwhile would go. */
    private static boolean isRepeatable(MemberRequest request) {
        return switch (request.getKind()) {
            case REPLACE, REMOVE -> !request.getMembers(0).getDataId().isEmpty();
            default -> true;
        };
    }

    /** One request, asked of one leader after the other until its time is over. */
    private final class Attempts {
        private static final int PAUSES_PER_TIMEOUT = 5;

        private final long begunNanos = threads.nanoTime().getAsLong();
        private final Duration pause = settings.config().electionTimeout().dividedBy(PAUSES_PER_TIMEOUT);
        private final boolean repeatable;
        private RaftException.@Nullable OutcomeUnknown unknown;

        Attempts(boolean repeatable) {
            this.repeatable = repeatable;
        }

        long leftNanos() {
            return Math.max(1, settings.config().requestTimeout().toNanos() - passedNanos());
        }

        private long passedNanos() {
            return threads.nanoTime().getAsLong() - begunNanos;
        }

        /** Says where it is not the first time that it may be carried out. */
        MemberRequest marked(MemberRequest request) {
            return unknown == null
                    ? request
                    : request.toBuilder().setAgain(true).build();
        }

        /** Emits when to ask again; an error is the answer. What may have been done once is not undone by a refusal. */
        Mono<Long> next(Throwable failure) {
            if (failure instanceof RaftException.OutcomeUnknown unsure) {
                unknown = unsure;
            }
            boolean withoutLeader = failure instanceof RaftException.NotLeader
                    && passedNanos() < 2 * settings.config().electionTimeout().toNanos();
            boolean again = unknown == null
                    ? withoutLeader
                    : repeatable && !unknown.isOvertaken() && failure instanceof RaftException;
            return again && leftNanos() > pause.toNanos() && here.notRunning() == null
                    ? Mono.delay(pause, threads.timers())
                    : Mono.error(unknown == null ? failure : unknown);
        }
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
        if (id.equals(settings.id())) {
            return Mono.empty(); // it is the leader itself that moved, and its followers reach it
        }
        ByteBuffer ping = ForwardRequest.newBuilder()
                .setGroupId(settings.groupId())
                .setFrom(settings.id())
                .setPing(true)
                .build()
                .toByteString()
                .asReadOnlyByteBuffer();
        return services.transport()
                .request(settings.groupId(), address, ping)
                .onErrorMap(error -> notReached(id, address, error))
                .map(LocalMembership::whoAnswered)
                .flatMap(answered -> objectionTo(answered, request.getMembers(0)));
    }

    /** It has to be the member that asks, with the very disk; earlier versions do not tell theirs. */
    private static Mono<Void> objectionTo(io.reactorraft.proto.Member answered, io.reactorraft.proto.Member asking) {
        String id = asking.getId();
        String address = asking.getAddresses(0);
        if (!answered.getId().equals(id)) {
            return Mono.error(unreachable(id, address, "'" + answered.getId() + "' answers there"));
        }
        boolean another =
                !answered.getDataId().isEmpty() && !answered.getDataId().equals(asking.getDataId());
        return another
                ? Mono.error(unreachable(id, address, "another process of that id answers there, with another disk"))
                : Mono.empty();
    }

    /** Whoever joins with an old log may take its leader for a stranger until it has read more: that is no answer for good. */
    private RaftException notReached(String id, String address, Throwable error) {
        Refusal refusal = error instanceof NotSentException notSent ? notSent.refusal() : null;
        boolean passes = refusal != null
                && switch (refusal.verdict()) {
                    case NOT_YET, REMOVED, WIPED -> true;
                    default -> false;
                };
        return passes
                ? new RaftException.Overloaded(
                        "'" + id + "' answers at " + address + ", and knows older members: " + error.getMessage(),
                        settings.config().electionTimeout())
                : unreachable(id, address, String.valueOf(error.getMessage()));
    }

    private static RaftException unreachable(String id, String address, String why) {
        return RaftException.Rejected.membership(
                MembershipRefusal.UNREACHABLE, "'" + id + "' does not answer at " + address + ": " + why);
    }

    private static io.reactorraft.proto.Member whoAnswered(ByteBuffer reply) {
        try {
            List<io.reactorraft.proto.Member> members =
                    ForwardReply.parseFrom(reply).getMembers().getMembersList();
            return members.isEmpty() ? io.reactorraft.proto.Member.getDefaultInstance() : members.get(0);
        } catch (InvalidProtocolBufferException garbled) {
            return io.reactorraft.proto.Member.getDefaultInstance();
        }
    }

    /** To the leader, wherever it is, or to this node. */
    Mono<List<Member>> passOn(MemberRequest request, long limitNanos) {
        String leaderId = broadcaster.latest().leaderId();
        Member leader = leaderId == null ? null : directory.find(leaderId);
        return leader == null || leader.id().equals(settings.id())
                ? here.changeMembers(request, limitNanos).then(Mono.fromSupplier(this::members))
                : ask(leader, request, Duration.ofNanos(limitNanos));
    }

    private Mono<List<Member>> ask(Member leader, MemberRequest request, Duration limit) {
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
