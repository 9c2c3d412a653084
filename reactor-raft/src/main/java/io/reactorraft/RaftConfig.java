package io.reactorraft;

import java.time.Duration;
import java.util.function.Consumer;

/**
 * How a node behaves: times as {@link Duration}, sizes with their unit in the name. Immutable; each wither answers a
 * changed copy and refuses, at once, what makes no sense.
 */
public final class RaftConfig {

    private static final RaftConfig DEFAULTS = new RaftConfig(new Draft());

    private final Draft values;

    private RaftConfig(Draft values) {
        values.validate();
        this.values = values;
    }

    /** What suits a group in one data centre. */
    public static RaftConfig defaults() {
        return DEFAULTS;
    }

    /** How often a leader shows that it lives; also the tick of the core. 100 ms. */
    public Duration heartbeatInterval() {
        return values.heartbeatInterval;
    }

    /** A follower that hears nothing for this long, up to twice as long at random, stands for election. 1 s. */
    public Duration electionTimeout() {
        return values.electionTimeout;
    }

    /** A proposal or read that has no outcome by then fails. 10 s. */
    public Duration requestTimeout() {
        return values.requestTimeout;
    }

    /** {@link RaftNode#stop} is done by then, whatever hangs. 8 s. */
    public Duration stopGrace() {
        return values.stopGrace;
    }

    /** A batch on the apply thread that takes longer is warned about, with the thread's stack. 30 s. */
    public Duration slowApply() {
        return values.slowApply;
    }

    /** A session that nobody uses for this long, by the time that the log carries, ends. The leader's counts. 10 min. */
    public Duration sessionTimeout() {
        return values.sessionTimeout;
    }

    /** A sync of the log that takes longer is warned about. 1 s. */
    public Duration slowSync() {
        return values.slowSync;
    }

    /**
     * Whether {@link Consistency#LEASE} trusts the leader's lease, and with it all members' clocks to drift apart by no
     * more than a fifth of an election timeout within one. A setting of the group: the leader's counts. Off.
     */
    public boolean leaseReads() {
        return values.leaseReads;
    }

    /** Append messages on their way to one follower. 512. */
    public int maxInflightMessages() {
        return values.maxInflightMessages;
    }

    /** Bytes of entries on their way to one follower. 16 MiB. */
    public long maxInflightBytes() {
        return values.maxInflightBytes;
    }

    /** Bytes of entries in one append message. 1 MiB; a single larger entry still goes, alone. */
    public long maxAppendBytes() {
        return values.maxAppendBytes;
    }

    /** Bytes of one encoded command; a larger one is {@link RaftException.Rejected}. 1.5 MiB. */
    public long maxProposalBytes() {
        return values.maxProposalBytes;
    }

    /** Proposals that may wait for their outcome on this node. 16,384. */
    public int maxPendingProposals() {
        return values.maxPendingProposals;
    }

    /** Bytes of the commands that may wait for their outcome on this node. 64 MiB. */
    public long maxPendingBytes() {
        return values.maxPendingBytes;
    }

    /** Reads that may wait on this node. 100,000. */
    public int maxPendingReads() {
        return values.maxPendingReads;
    }

    /** Commands of one {@link RaftNode#proposeAll} that may be on their way. 256. */
    public int proposeAllWindow() {
        return values.proposeAllWindow;
    }

    /** Sessions that the group keeps; one more is refused. The leader's counts. 10,000. */
    public int maxSessions() {
        return values.maxSessions;
    }

    /**
     * A snapshot is taken when the log behind the last one has more bytes, or more than that snapshot itself. 64 MiB.
     */
    public long snapshotLogBytes() {
        return values.snapshotLogBytes;
    }

    /** A snapshot is taken, too, when so many entries were applied since the last one; 0: by bytes alone. 0. */
    public long snapshotEntries() {
        return values.snapshotEntries;
    }

    /** The pause between two snapshots that nobody asked for. 10 s. */
    public Duration snapshotPause() {
        return values.snapshotPause;
    }

    /** Entries that stay in the log behind a snapshot, for followers that are a little slow. 5,000. */
    public long keepEntries() {
        return values.keepEntries;
    }

    public RaftConfig withHeartbeatInterval(Duration heartbeatInterval) {
        return with(draft -> draft.heartbeatInterval = heartbeatInterval);
    }

    public RaftConfig withElectionTimeout(Duration electionTimeout) {
        return with(draft -> draft.electionTimeout = electionTimeout);
    }

    /** Both at once, where changing one alone would not be valid. */
    public RaftConfig withTimeouts(Duration heartbeatInterval, Duration electionTimeout) {
        return with(draft -> {
            draft.heartbeatInterval = heartbeatInterval;
            draft.electionTimeout = electionTimeout;
        });
    }

    public RaftConfig withRequestTimeout(Duration requestTimeout) {
        return with(draft -> draft.requestTimeout = requestTimeout);
    }

    public RaftConfig withStopGrace(Duration stopGrace) {
        return with(draft -> draft.stopGrace = stopGrace);
    }

    public RaftConfig withSlowApply(Duration slowApply) {
        return with(draft -> draft.slowApply = slowApply);
    }

    public RaftConfig withMaxInflightMessages(int maxInflightMessages) {
        return with(draft -> draft.maxInflightMessages = maxInflightMessages);
    }

    public RaftConfig withMaxInflightBytes(long maxInflightBytes) {
        return with(draft -> draft.maxInflightBytes = maxInflightBytes);
    }

    public RaftConfig withMaxAppendBytes(long maxAppendBytes) {
        return with(draft -> draft.maxAppendBytes = maxAppendBytes);
    }

    public RaftConfig withMaxProposalBytes(long maxProposalBytes) {
        return with(draft -> draft.maxProposalBytes = maxProposalBytes);
    }

    public RaftConfig withMaxPendingProposals(int maxPendingProposals) {
        return with(draft -> draft.maxPendingProposals = maxPendingProposals);
    }

    public RaftConfig withMaxPendingBytes(long maxPendingBytes) {
        return with(draft -> draft.maxPendingBytes = maxPendingBytes);
    }

    public RaftConfig withMaxPendingReads(int maxPendingReads) {
        return with(draft -> draft.maxPendingReads = maxPendingReads);
    }

    public RaftConfig withSessionTimeout(Duration sessionTimeout) {
        return with(draft -> draft.sessionTimeout = sessionTimeout);
    }

    public RaftConfig withSlowSync(Duration slowSync) {
        return with(draft -> draft.slowSync = slowSync);
    }

    public RaftConfig withLeaseReads(boolean leaseReads) {
        return with(draft -> draft.leaseReads = leaseReads);
    }

    public RaftConfig withProposeAllWindow(int proposeAllWindow) {
        return with(draft -> draft.proposeAllWindow = proposeAllWindow);
    }

    public RaftConfig withMaxSessions(int maxSessions) {
        return with(draft -> draft.maxSessions = maxSessions);
    }

    public RaftConfig withSnapshotLogBytes(long snapshotLogBytes) {
        return with(draft -> draft.snapshotLogBytes = snapshotLogBytes);
    }

    public RaftConfig withSnapshotEntries(long snapshotEntries) {
        return with(draft -> draft.snapshotEntries = snapshotEntries);
    }

    public RaftConfig withSnapshotPause(Duration snapshotPause) {
        return with(draft -> draft.snapshotPause = snapshotPause);
    }

    public RaftConfig withKeepEntries(long keepEntries) {
        return with(draft -> draft.keepEntries = keepEntries);
    }

    /** The election timeout in ticks. */
    int electionTicks() {
        return Math.toIntExact(electionTimeout().toNanos() / heartbeatInterval().toNanos());
    }

    private RaftConfig with(Consumer<Draft> change) {
        Draft copy = values.copy();
        change.accept(copy);
        return new RaftConfig(copy);
    }

    /** The values while they are put together; never seen outside, never changed once validated. */
    private static final class Draft {
        Duration heartbeatInterval = Duration.ofMillis(100);
        Duration electionTimeout = Duration.ofSeconds(1);
        Duration requestTimeout = Duration.ofSeconds(10);
        Duration stopGrace = Duration.ofSeconds(8);
        Duration slowApply = Duration.ofSeconds(30);
        int maxInflightMessages = 512;
        long maxInflightBytes = 16L << 20;
        long maxAppendBytes = 1L << 20;
        long maxProposalBytes = 3L << 19;
        int maxPendingProposals = 16_384;
        long maxPendingBytes = 64L << 20;
        int maxPendingReads = 100_000;
        Duration sessionTimeout = Duration.ofMinutes(10);
        Duration slowSync = Duration.ofSeconds(1);
        boolean leaseReads;
        int proposeAllWindow = 256;
        int maxSessions = 10_000;
        long snapshotLogBytes = 64L << 20;
        long snapshotEntries;
        Duration snapshotPause = Duration.ofSeconds(10);
        long keepEntries = 5_000;

        Draft copy() {
            Draft copy = new Draft();
            copy.heartbeatInterval = heartbeatInterval;
            copy.electionTimeout = electionTimeout;
            copy.requestTimeout = requestTimeout;
            copy.stopGrace = stopGrace;
            copy.slowApply = slowApply;
            copy.maxInflightMessages = maxInflightMessages;
            copy.maxInflightBytes = maxInflightBytes;
            copy.maxAppendBytes = maxAppendBytes;
            copy.maxProposalBytes = maxProposalBytes;
            copy.maxPendingProposals = maxPendingProposals;
            copy.maxPendingBytes = maxPendingBytes;
            copy.maxPendingReads = maxPendingReads;
            copy.sessionTimeout = sessionTimeout;
            copy.slowSync = slowSync;
            copy.leaseReads = leaseReads;
            copy.proposeAllWindow = proposeAllWindow;
            copy.maxSessions = maxSessions;
            copy.snapshotLogBytes = snapshotLogBytes;
            copy.snapshotEntries = snapshotEntries;
            copy.snapshotPause = snapshotPause;
            copy.keepEntries = keepEntries;
            return copy;
        }

        void validate() {
            require(heartbeatInterval.toMillis() >= 1, "heartbeatInterval must be at least 1 ms", heartbeatInterval);
            require(
                    electionTimeout.compareTo(heartbeatInterval.multipliedBy(3)) >= 0,
                    "electionTimeout must be at least 3 heartbeat intervals (" + heartbeatInterval + ")",
                    electionTimeout);
            require(
                    electionTimeout.compareTo(Duration.ofHours(1)) <= 0,
                    "electionTimeout is at most 1 h",
                    electionTimeout);
            require(isPositive(requestTimeout), "requestTimeout must be positive", requestTimeout);
            require(isPositive(stopGrace), "stopGrace must be positive", stopGrace);
            require(isPositive(slowApply), "slowApply must be positive", slowApply);
            require(maxInflightMessages >= 1, "maxInflightMessages must be at least 1", maxInflightMessages);
            require(maxAppendBytes >= 1, "maxAppendBytes must be at least 1", maxAppendBytes);
            require(
                    maxInflightBytes >= maxAppendBytes,
                    "maxInflightBytes must be at least maxAppendBytes (" + maxAppendBytes + ")",
                    maxInflightBytes);
            require(
                    maxProposalBytes >= 1 && maxProposalBytes <= 8L << 20,
                    "maxProposalBytes must be 1 byte to 8 MiB",
                    maxProposalBytes);
            require(maxPendingProposals >= 1, "maxPendingProposals must be at least 1", maxPendingProposals);
            require(
                    maxPendingBytes >= maxProposalBytes,
                    "maxPendingBytes must be at least maxProposalBytes (" + maxProposalBytes + ")",
                    maxPendingBytes);
            require(maxPendingReads >= 1, "maxPendingReads must be at least 1", maxPendingReads);
            require(
                    sessionTimeout.toMillis() >= 1 && sessionTimeout.compareTo(Duration.ofDays(365)) <= 0,
                    "sessionTimeout must be 1 ms to 365 days",
                    sessionTimeout);
            require(isPositive(slowSync), "slowSync must be positive", slowSync);
            require(proposeAllWindow >= 1, "proposeAllWindow must be at least 1", proposeAllWindow);
            require(maxSessions >= 1, "maxSessions must be at least 1", maxSessions);
            require(snapshotLogBytes >= 1, "snapshotLogBytes must be at least 1", snapshotLogBytes);
            require(snapshotEntries >= 0, "snapshotEntries must be 0 (by bytes alone) or more", snapshotEntries);
            require(!snapshotPause.isNegative(), "snapshotPause must not be negative", snapshotPause);
            require(keepEntries >= 0, "keepEntries must not be negative", keepEntries);
        }

        private static boolean isPositive(Duration duration) {
            return !duration.isNegative() && !duration.isZero();
        }

        private static void require(boolean valid, String rule, Object value) {
            if (!valid) {
                throw new IllegalArgumentException(rule + ", got " + value);
            }
        }
    }
}
