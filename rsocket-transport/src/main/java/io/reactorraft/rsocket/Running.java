package io.reactorraft.rsocket;

import io.reactorraft.proto.Member;
import io.reactorraft.proto.Message;
import io.reactorraft.spi.PeerStatus;
import io.reactorraft.spi.Transport.Identity;
import java.time.Duration;
import java.util.List;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;

/** A transport between {@code start} and {@code close}: its threads, its port and its links. Thread-safe. */
final class Running {

    /** Beyond the grace for queued messages: for the connections of others, and for the threads. */
    private static final Duration LAST_STEP = Duration.ofSeconds(2);

    private final Identity identity;
    private final String listenAddress;
    private final Wiring wiring;
    private final PeerLinks links;
    private final Listener listener;
    private final Requests requests;
    private final SnapshotSender snapshots;
    private final Disposable.Swap watch = Disposables.swap();
    private final Mono<String> address;

    Running(RSocketTransportConfig config, Groups groups, Identity identity, String listenAddress) {
        this.identity = identity;
        this.listenAddress = listenAddress;
        Loops loops = new Loops(config.ioThreads(), config.connectTimeout());
        Handshake handshake = new Handshake(identity, groups);
        QuietLog log = new QuietLog(LoggerFactory.getLogger(RSocketTransport.class), System::nanoTime);
        TlsFiles files = config.tls();
        Tls tls = files == null ? null : new Tls(files, config.handshakeTimeout(), log);
        Dialler dialler = new Dialler(config, loops, handshake, tls);
        wiring = new Wiring(
                config, identity.self().getId(), loops, handshake, dialler, groups, new SnapshotIntakes(), log, tls);
        links = new PeerLinks(wiring);
        listener = new Listener(wiring, links);
        links.onNaming(listener::dismissRefused);
        requests = new Requests(wiring, links);
        snapshots = new SnapshotSender(wiring, links);
        address = (tls == null ? Mono.<Void>empty() : tls.ready())
                .then(listener.bind(listenAddress))
                .doOnNext(bound -> watch.replace(tls == null ? Disposables.disposed() : tls.watch()))
                .cache();
    }

    boolean isFor(Identity identity, String listenAddress) {
        return this.identity.equals(identity) && this.listenAddress.equals(listenAddress);
    }

    /** The address that was bound; binds at the first subscription. */
    Mono<String> address() {
        return address;
    }

    Requests requests() {
        return requests;
    }

    SnapshotSender snapshots() {
        return snapshots;
    }

    Listener listener() {
        return listener;
    }

    void peers(String groupId, List<Member> peers) {
        wiring.loops().execute(() -> links.name(groupId, peers));
    }

    void pause(boolean paused) {
        wiring.groups().pause(paused);
    }

    /** For tests: messages lost to pauses, both ways. */
    long lostWhilePaused() {
        return wiring.groups().lostWhilePaused();
    }

    void send(String groupId, Message message) {
        if (wiring.groups().losesWhilePaused()) {
            return;
        }
        String peerId = message.getTo();
        PeerLink link = links.find(peerId);
        if (link != null) {
            link.send(groupId, message);
        } else {
            wiring.groups().record(Lane.of(message).dropped(), groupId, peerId, 1);
            wiring.loops().execute(() -> wiring.groups().unreachable(groupId, peerId));
        }
    }

    void ask(String groupId) {
        wiring.loops().execute(() -> links.ask(groupId));
    }

    List<PeerStatus> status(String groupId) {
        return links.status(groupId);
    }

    PeerLinks links() {
        return links;
    }

    /** For tests: the connection that stands to the peer. */
    FrameConnection connectionTo(String peerId) {
        PeerLink link = links.find(peerId);
        Session session = link == null ? null : link.session();
        if (session == null) {
            throw new IllegalStateException("no connection to '" + peerId + "' stands");
        }
        return session.connection();
    }

    /** For tests: as if the connections that carry snapshots to the peer broke. */
    void breakSnapshotsTo(String peerId) {
        snapshots.cut(peerId);
    }

    void cut(String peerId) {
        wiring.loops().execute(() -> {
            links.refuse(peerId);
            snapshots.cut(peerId);
            listener.cut(peerId).subscribe(null, null, () -> wiring.loops().execute(() -> links.cut(peerId)));
        });
    }

    void mend(String peerId) {
        wiring.loops().execute(() -> links.mend(peerId));
    }

    /** Stops accepting, lets queued messages out, closes what is connected, ends the threads. */
    Mono<Void> close() {
        Duration grace = wiring.config().closeGrace();
        Mono<Void> released = Mono.create(sink -> wiring.loops()
                .execute(() -> links.release()
                        .timeout(
                                grace.plus(LAST_STEP),
                                Mono.empty(),
                                wiring.loops().scheduler())
                        .subscribe(null, sink::error, sink::success)));
        watch.dispose();
        return listener.unbind()
                .then(released)
                .then(Mono.defer(() -> listener.closeConnections(LAST_STEP)))
                .then(Mono.fromRunnable(wiring.intakes()::close))
                .then(Mono.defer(() -> wiring.loops().close(LAST_STEP)));
    }

    @Override
    public String toString() {
        return "'" + wiring.selfId() + "' on " + listenAddress;
    }
}
