package io.reactorraft;

import io.reactorraft.spi.Metric;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether this node is fit to lead. A leader whose disk or state machine hangs goes on with its heartbeats, and would keep
 * its office for ever while nothing gets done; so it hands over. A node whose disk hangs does not stand for election
 * either: it could make no vote durable. One whose disk is full votes, but does not stand: it could append nothing.
 *
 * <p><b>Threads.</b> Loop only, but for {@link #mayCampaign} and {@link #mayVote}.
 */
final class Fitness {
    private static final Logger LOG = LoggerFactory.getLogger(Fitness.class);

    /** A state machine that fails on all members alike must not have leadership run in circles. */
    static final long BETWEEN_HANDOVERS_NANOS = TimeUnit.MINUTES.toNanos(1);

    /** With a disk that hangs; beyond them the leader falls silent, so that others elect one of their own. */
    static final int MOST_HANDOVERS = 2;

    private final NodeSettings settings;
    private final NodeServices services;
    private final long electionTimeoutNanos;
    private List<Alarm> alarms = List.of();
    private boolean suspected;
    private boolean slow;
    private boolean halted;
    private boolean subscriberBlocks;
    private volatile boolean stalled;
    private volatile boolean full;
    private @Nullable Long handedOverNanos;
    private int handoversWhileStalled;

    Fitness(NodeSettings settings, NodeServices services) {
        this.settings = settings;
        this.services = services;
        this.electionTimeoutNanos = settings.config().electionTimeout().toNanos();
    }

    /**
     * Once a tick.
     *
     * @param diskQuietNanos for how long an append has been outstanding while none was completed
     * @param diskFull whether the log has no room for entries
     */
    void look(
            long diskQuietNanos,
            boolean diskFull,
            boolean slowApply,
            boolean signalsBlocked,
            @Nullable AppliersHalt halt) {
        subscriberBlocks = signalsBlocked;
        boolean quiet = diskQuietNanos > electionTimeoutNanos;
        boolean wasStalled = stalled;
        stalled = quiet && suspected; // twice in a row: after a pause of the process the answer may just wait behind us
        suspected = quiet;
        handoversWhileStalled = stalled ? handoversWhileStalled : 0;
        slow = slowApply;
        halted = halt != null;
        if (stalled != wasStalled) {
            LOG.warn("{} {}", settings.logPrefix(), stalled ? stalledMessage() : "gets answers of its disk again");
        }
        if (full != diskFull) {
            full = diskFull;
            LOG.warn("{} {}", settings.logPrefix(), full ? fullMessage() : "has room on its disk again");
        }
        services.metrics().record(Metric.DISK_FULL, settings.groupId(), null, full ? 1 : 0);
        services.metrics().record(Metric.DISK_STALLED, settings.groupId(), null, stalled ? 1 : 0);
        services.metrics().record(Metric.APPLIER_HALTED, settings.groupId(), null, halted ? 1 : 0);
        services.metrics().record(Metric.APPLY_SLOW, settings.groupId(), null, slow ? 1 : 0);
        if (stalled || full || slow || halted || subscriberBlocks || !alarms.isEmpty()) {
            alarms = alarms(halt);
        }
    }

    private List<Alarm> alarms(@Nullable AppliersHalt halt) {
        List<Alarm> raised = new ArrayList<>();
        if (stalled) {
            raised.add(new Alarm(Alarm.Kind.DISK_STALLED, stalledMessage()));
        }
        if (full) {
            raised.add(new Alarm(Alarm.Kind.DISK_FULL, fullMessage()));
        }
        if (halt != null) {
            raised.add(new Alarm(Alarm.Kind.APPLIER_HALTED, halt.message()));
        }
        if (slow) {
            raised.add(new Alarm(
                    Alarm.Kind.SLOW_APPLY,
                    "the state machine has been at one batch for more than "
                            + settings.config().slowApply() + ": the log has a dump of its thread"));
        }
        if (subscriberBlocks) {
            raised.add(new Alarm(
                    Alarm.Kind.SUBSCRIBER_BLOCKS,
                    "a subscriber has blocked the thread that signals for more than " + SignalWatchdog.LIMIT
                            + ": the log has a dump of it"));
        }
        return List.copyOf(raised);
    }

    private String stalledMessage() {
        return "has had no answer of its disk for an election timeout ("
                + settings.config().electionTimeout() + ") and does not lead until it has: look at "
                + settings.dataDir();
    }

    private String fullMessage() {
        return "has a full disk: it does not lead, and appends nothing, until there is room on the disk of "
                + settings.dataDir() + "; then it goes on by itself. Make room before you restart it";
    }

    List<Alarm> alarms() {
        return alarms;
    }

    /** Whether it may stand for election. Any thread. */
    boolean mayCampaign() {
        return !stalled && !full;
    }

    /** Whether time passes for the core: on a disk that hangs it could make no vote durable, on a full one it can. Any thread. */
    boolean mayVote() {
        return !stalled;
    }

    /** Asked of a leader once a tick: whether it should hand over now. */
    boolean isHandoverDue(long nowNanos) {
        if (!stalled && !full && !slow && !halted) {
            return false;
        }
        long since = stalled || full ? electionTimeoutNanos : BETWEEN_HANDOVERS_NANOS;
        Long last = handedOverNanos;
        if (last != null && nowNanos - last < since) {
            return false;
        }
        handedOverNanos = nowNanos;
        handoversWhileStalled += stalled ? 1 : 0;
        services.metrics().record(Metric.HANDOVERS, settings.groupId(), null, 1);
        return true;
    }

    /** Whether its disk hangs and nobody could take over: a successor may need entries that can only be read from there. */
    boolean handsOverInVain() {
        return handoversWhileStalled > MOST_HANDOVERS;
    }
}
