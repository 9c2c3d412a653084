package io.reactorraft.rsocket;

import io.reactorraft.proto.Hello;
import io.reactorraft.proto.Member;
import io.reactorraft.spi.PeerStatus;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Our links, one a peer, shared by all groups.
 *
 * <p>A link lives while a group names the peer, or while the peer is connected to us: a member that our own, perhaps
 * old, list does not know is answered at the address of its handshake.
 *
 * <p>{@link #find}, {@link #at}, {@link #status} and {@link #isCut} may be called from any thread; everything else belongs to the control loop.
 */
final class PeerLinks {

    private final Wiring wiring;
    private final Map<String, PeerLink> links = new ConcurrentHashMap<>();
    private final Set<String> guests = new HashSet<>();
    private final Set<String> cut = ConcurrentHashMap.newKeySet();
    private Runnable afterNaming = () -> {};

    PeerLinks(Wiring wiring) {
        this.wiring = wiring;
    }

    @Nullable
    PeerLink find(String peerId) {
        return links.get(peerId);
    }

    /** The link to whoever is supposed to be at the address; null where no peer is. */
    @Nullable
    PeerLink at(String address) {
        for (PeerLink link : links.values()) {
            if (link.isAt(address)) {
                return link;
            }
        }
        return null;
    }

    /** Where the groups say that the peer is; empty where none names it. Any thread. */
    List<String> namedAddresses(String peerId) {
        PeerLink link = links.get(peerId);
        return link == null ? List.of() : link.namedAddresses();
    }

    /** Whom the group talks to from now on. */
    void name(String groupId, Collection<Member> peers) {
        Set<String> named = new HashSet<>();
        for (Member peer : peers) {
            if (!peer.getId().equals(wiring.selfId())) {
                named.add(peer.getId());
                PeerLink link = obtain(peer.getId());
                if (link.groups().add(groupId)) {
                    link.introduceTo(groupId);
                }
                link.locate(peer.getAddressesList());
            }
        }
        links.forEach((peerId, link) -> {
            if (!named.contains(peerId)) {
                link.groups().remove(groupId);
            }
            letGoIfRefused(peerId, link);
            releaseIfUnused(peerId, link);
        });
        afterNaming.run();
    }

    /**
     * Who was removed is let go of though it still calls, and who was made welcome by mistake, too; when it calls again,
     * or is called, it is told why.
     */
    private void letGoIfRefused(String peerId, PeerLink link) {
        Session session = link.session();
        if (session == null || !wiring.groups().refuse(session.remote().getSelf())) {
            return;
        }
        if (link.groups().isEmpty()) {
            guests.remove(peerId);
        } else {
            link.hangUp();
        }
    }

    /** What to do, besides, when the groups have said whom they talk to. */
    void onNaming(Runnable next) {
        this.afterNaming = next;
    }

    /** How many links there are, those to strangers included. */
    int size() {
        return links.size();
    }

    void ask(String groupId) {
        links.values().stream().filter(link -> link.groups().contains(groupId)).forEach(PeerLink::ask);
    }

    /** What is known of the group's peers. */
    List<PeerStatus> status(String groupId) {
        return links.values().stream()
                .filter(link -> link.groups().contains(groupId))
                .map(link -> link.status(groupId))
                .sorted(Comparator.comparing(PeerStatus::peerId))
                .toList();
    }

    /** A peer connected to us and was made welcome. */
    void arrived(Hello peer) {
        String peerId = peer.getSelf().getId();
        guests.add(peerId);
        PeerLink link = obtain(peerId);
        link.awake(peer.getSelf(), peer.getBootId());
    }

    /** The peer's connection to us is gone. */
    void left(String peerId) {
        guests.remove(peerId);
        PeerLink link = links.get(peerId);
        if (link != null) {
            link.left();
            releaseIfUnused(peerId, link);
        }
    }

    private PeerLink obtain(String peerId) {
        PeerLink link = links.get(peerId);
        if (link == null) {
            link = new PeerLink(peerId, wiring);
            if (cut.contains(peerId)) {
                link.cut();
            }
            links.put(peerId, link);
        }
        return link;
    }

    private void releaseIfUnused(String peerId, PeerLink link) {
        if (link.groups().isEmpty() && !guests.contains(peerId)) {
            links.remove(peerId, link);
            link.release(wiring.config().closeGrace()).subscribe();
        }
    }

    boolean isCut(String peerId) {
        return cut.contains(peerId);
    }

    /** Takes no connection of the peer any more. */
    void refuse(String peerId) {
        cut.add(peerId);
    }

    /** Breaks the link, unless it was mended meanwhile. */
    void cut(String peerId) {
        PeerLink link = links.get(peerId);
        if (link != null && cut.contains(peerId)) {
            link.cut();
        }
    }

    void mend(String peerId) {
        cut.remove(peerId);
        PeerLink link = links.get(peerId);
        if (link != null) {
            link.mend();
        }
    }

    /** Lets go of all peers; completes when the last connection is closed. */
    Mono<Void> release() {
        List<PeerLink> all = List.copyOf(links.values());
        links.clear();
        return Flux.fromIterable(all)
                .flatMap(link -> link.release(wiring.config().closeGrace()))
                .then();
    }
}
