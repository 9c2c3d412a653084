package io.reactorraft;

import io.reactorraft.core.RaftRole;
import io.reactorraft.core.RawNode;
import io.reactorraft.spi.Metric;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees, on the loop, when the core changes its term, role or leader, and makes of it what the outside is shown.
 *
 * <p>A winner shows CANDIDATE until the first entry of its own term is applied here, and LEADER then: before that it may
 * not have applied everything that earlier leaders acknowledged (§8). Leader, follower and leader again between two
 * batches looks like no change at all in the role, so terms are compared too.
 *
 * <p><b>Threads.</b> Loop only.
 */
final class LeadershipWatch {
    private static final Logger LOG = LoggerFactory.getLogger(LeadershipWatch.class);

    private final NodeSettings settings;
    private final NodeServices services;
    private final LeadershipBroadcaster broadcaster;
    private long term;
    private RaftRole role = RaftRole.FOLLOWER;
    private String leaderId = "";
    private long caughtUpAt;

    LeadershipWatch(NodeSettings settings, NodeServices services, LeadershipBroadcaster broadcaster) {
        this.settings = settings;
        this.services = services;
        this.broadcaster = broadcaster;
    }

    /**
     * Looks at the core.
     *
     * @return whether a term in which this node led is over
     */
    boolean look(RawNode core, boolean learner) {
        boolean changed =
                core.term() != term || core.role() != role || !core.leaderId().equals(leaderId);
        boolean lost = role == RaftRole.LEADER && (core.term() != term || core.role() != RaftRole.LEADER);
        if (changed) {
            if (core.role() == RaftRole.LEADER && (role != RaftRole.LEADER || core.term() != term)) {
                caughtUpAt = core.lastIndex(); // the no-op of the own term is at or below it
            }
            told(core);
            term = core.term();
            role = core.role();
            leaderId = core.leaderId();
        }
        if (changed || broadcaster.latest().role() == Role.CANDIDATE) {
            broadcaster.show(leadership(core, learner));
        }
        return lost;
    }

    private void told(RawNode core) {
        if (!core.leaderId().equals(leaderId)) {
            services.metrics().record(Metric.LEADER_CHANGES, settings.groupId(), null, 1);
        }
        LOG.info(
                "{} is {} in term {}, leader: {}",
                settings.logPrefix(),
                core.role().name().toLowerCase(java.util.Locale.ROOT),
                core.term(),
                core.leaderId().isEmpty() ? "none" : core.leaderId());
    }

    private Leadership leadership(RawNode core, boolean learner) {
        Role shown = switch (core.role()) {
            case LEADER -> core.appliedIndex() >= caughtUpAt ? Role.LEADER : Role.CANDIDATE;
            case CANDIDATE, PRE_CANDIDATE -> Role.CANDIDATE;
            case FOLLOWER -> learner ? Role.LEARNER : Role.FOLLOWER;
        };
        boolean nobodyYet = core.leaderId().isEmpty() || shown == Role.CANDIDATE;
        return new Leadership(settings.groupId(), core.term(), shown, nobodyYet ? null : core.leaderId());
    }

    /** The leader's id; null: nobody. */
    @Nullable
    String leader() {
        return leaderId.isEmpty() ? null : leaderId;
    }
}
