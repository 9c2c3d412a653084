package io.reactorraft;

import io.reactorraft.core.RaftRole;
import io.reactorraft.core.RawNode;
import io.reactorraft.core.Status;
import io.reactorraft.spi.PeerStatus;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Puts together what the core, the transport and the members' own words say of each member.
 *
 * <p><b>Threads.</b> Loop only, but for {@link #heard}.
 */
final class PeerView {

    /** Peers of whom it is kept when they were heard: whoever gets through a handshake may be one. */
    private static final int MAX_HEARD = 1_024;

    private final NodeSettings settings;
    private final NodeServices services;
    private final MemberDirectory members;
    private final Map<String, Long> heardNanos = new ConcurrentHashMap<>();

    PeerView(NodeSettings settings, NodeServices services, MemberDirectory members) {
        this.settings = settings;
        this.services = services;
        this.members = members;
    }

    /** The peer answered a heartbeat. Any thread. */
    void heard(String peerId, long nowNanos) {
        if (heardNanos.size() < MAX_HEARD || heardNanos.containsKey(peerId)) {
            heardNanos.put(peerId, nowNanos);
        }
    }

    /** Every member; {@code own} is where this node stands itself. */
    List<Peer> look(RawNode core, long nowNanos, Peer.Standing own) {
        boolean leads = core.role() == RaftRole.LEADER;
        Map<String, Status.PeerProgress> progress = core.progress();
        Map<String, PeerStatus> known = services.transport().status(settings.groupId()).stream()
                .collect(Collectors.toMap(PeerStatus::peerId, Function.identity(), (one, other) -> one));
        return members.all().stream()
                .map(member -> {
                    String id = member.id();
                    if (id.equals(settings.id())) {
                        return new Peer(member, true, progress(progress.get(id)), null, null, own);
                    }
                    Status.PeerProgress followed = progress.get(id);
                    PeerStatus status = known.get(id);
                    return new Peer(
                            member,
                            followed != null && followed.recentActive(),
                            progress(followed),
                            leads ? silence(id, nowNanos) : null,
                            contact(status),
                            standing(status));
                })
                .toList();
    }

    private static Peer.@Nullable Progress progress(Status.@Nullable PeerProgress known) {
        return known == null
                ? null
                : new Peer.Progress(
                        known.match(), known.next(), known.state().name().toLowerCase(Locale.ROOT));
    }

    private @Nullable Duration silence(String id, long nowNanos) {
        Long heard = heardNanos.get(id);
        return heard == null ? null : Duration.ofNanos(Math.max(0, nowNanos - heard));
    }

    private static Peer.@Nullable Contact contact(@Nullable PeerStatus status) {
        return status == null
                ? null
                : new Peer.Contact(
                        status.reachable(),
                        status.since(),
                        status.lastFailure(),
                        status.lastFailureAt(),
                        status.roundTrip(),
                        status.clockSkew());
    }

    private static Peer.@Nullable Standing standing(@Nullable PeerStatus status) {
        io.reactorraft.proto.Standing told = status == null ? null : status.standing();
        if (told == null) {
            return null;
        }
        for (Role role : Role.values()) {
            if (role.name().equals(told.getRole())) {
                return new Peer.Standing(
                        role, told.getTerm(), nullIfEmpty(told.getVote()), nullIfEmpty(told.getLeaderId()));
            }
        }
        return null; // of a later version, or not started yet
    }

    static @Nullable String nullIfEmpty(String text) {
        return text.isEmpty() ? null : text;
    }
}
