package io.reactorraft;

import io.reactorraft.core.RawNode;
import io.reactorraft.proto.HelloReply.Verdict;
import io.reactorraft.spi.StartRefusedException;
import io.reactorraft.spi.Transport.Refusal;
import java.util.Collection;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this node learns of its peers beside their messages, and what follows from it: one that is refused for good ends,
 * and one whose leader's process is gone hurries.
 *
 * <p><b>Threads.</b> The transport's threads tell; all else is on the loop.
 */
final class PeerWatch {
    private static final Logger LOG = LoggerFactory.getLogger(PeerWatch.class);

    private final NodeSettings settings;
    private final Lifecycle lifecycle;
    private final MemberDirectory members;
    private final Consumer<Inbox.Event> loop;
    private final Refusals refusals;
    private @Nullable FastFailover failover;
    private Supplier<? extends Collection<String>> voters = java.util.List::of;

    PeerWatch(NodeSettings settings, Lifecycle lifecycle, MemberDirectory members, Consumer<Inbox.Event> loop) {
        this.settings = settings;
        this.lifecycle = lifecycle;
        this.members = members;
        this.loop = loop;
        this.refusals = new Refusals(settings.config().electionTicks());
    }

    /** How to hurry, and among whom. */
    void failOver(FastFailover failover, Supplier<? extends Collection<String>> voters) {
        this.failover = failover;
        this.voters = voters;
    }

    /** Somebody's handshake succeeded. Any thread. */
    void met(io.reactorraft.proto.Member peer) {
        members.met(peer);
        loop.accept(core -> refusals.welcomed(peer.getId()));
    }

    /** What there is against a peer. Any thread. */
    @Nullable
    Refusal judge(io.reactorraft.proto.Member peer) {
        return members.judge(peer);
    }

    /** A peer refuses this node. Any thread. */
    void refused(String peerId, Refusal refusal) {
        loop.accept(core -> refusals.refused(peerId, refusal));
    }

    /** A peer's process is gone. Any thread. */
    void gone(String peerId) {
        loop.accept(core -> {
            if (failover != null) {
                failover.gone(core, peerId, voters.get());
            }
        });
    }

    void tick(RawNode core) {
        Refusal refusal = refusals.tick(!core.leaderId().isEmpty());
        if (refusal == null) {
            return;
        }
        if (refusal.verdict() == Verdict.REMOVED) {
            LOG.warn("{} ends: {}", settings.logPrefix(), refusal.reason());
            lifecycle.removed();
        } else {
            lifecycle.fail(new StartRefusedException(StartRefusedException.Kind.WIPED, refusal.reason()));
        }
    }
}
