package io.reactorraft;

import com.google.protobuf.ByteString;
import io.reactorraft.core.RawNode;
import io.reactorraft.proto.HelloReply.Verdict;
import io.reactorraft.proto.Member;
import io.reactorraft.spi.StartRefusedException;
import io.reactorraft.spi.Transport.Refusal;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Notices that the group goes on without this node: it applied its own removal or, as those who are removed rarely hear the
 * commit, others refuse it and no leader has been heard from since for two election timeouts. A peer that merely lags behind
 * refuses, too, but then there is a leader.
 *
 * <p><b>Threads.</b> Loop only, but for {@link #refused}.
 */
final class Expulsion {
    private final NodeSettings settings;
    private final Lifecycle lifecycle;
    private final AtomicReference<@Nullable Refusal> refusal = new AtomicReference<>();
    private @Nullable Long leaderlessSinceNanos;

    Expulsion(NodeSettings settings, Lifecycle lifecycle) {
        this.settings = settings;
        this.lifecycle = lifecycle;
    }

    /** A peer does not want to talk to us. Any thread. */
    void refused(Refusal why) {
        if (why.verdict() == Verdict.REMOVED || why.verdict() == Verdict.WIPED) {
            refusal.set(why);
        }
    }

    /** At every tick. */
    void look(RawNode core, long nowNanos) {
        Refusal why = refusal.get();
        if (why == null) {
            return;
        }
        if (!core.leaderId().isEmpty()) {
            refusal.compareAndSet(why, null);
            leaderlessSinceNanos = null;
            return;
        }
        Long since = leaderlessSinceNanos;
        if (since == null) {
            leaderlessSinceNanos = nowNanos;
        } else if (nowNanos - since > 2 * settings.config().electionTimeout().toNanos()) {
            end(why);
        }
    }

    private void end(Refusal why) {
        if (why.verdict() == Verdict.REMOVED) {
            lifecycle.removed();
        } else {
            lifecycle.fail(new StartRefusedException(StartRefusedException.Kind.WIPED, why.reason()));
        }
    }

    /** The members are these now. */
    void look(Roster roster, ByteString ownDataId) {
        Member gone = roster.removed().get(settings.id());
        if (gone == null || roster.members().containsKey(settings.id())) {
            return;
        }
        // Whoever came later under this id sees an earlier one's removal go by in the log.
        boolean itWasUs = gone.getDataId().isEmpty()
                ? settings.isFounder()
                : gone.getDataId().equals(ownDataId);
        if (itWasUs) {
            lifecycle.removed();
        }
    }
}
