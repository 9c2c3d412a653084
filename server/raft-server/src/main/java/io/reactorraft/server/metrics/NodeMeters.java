package io.reactorraft.server.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.reactorraft.spi.Metric;
import io.reactorraft.spi.RaftMetrics;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The node's own measurements as meters. A meter is made when its first value comes; afterwards recording takes a look-up
 * and no lock. Any thread.
 */
final class NodeMeters implements RaftMetrics {

    /** More than all metrics of a group of nine; further ones are not measured. */
    static final int MAX_METERS = 1_000;

    private final MeterRegistry registry;
    private final Map<Key, LongConsumer> meters = new ConcurrentHashMap<>();

    private record Key(
            Metric metric, String group, @Nullable String peer) {}

    NodeMeters(MeterRegistry registry) {
        this.registry = registry;
    }

    @Override
    public void record(Metric metric, String groupId, @Nullable String peerId, long value) {
        Key key = new Key(metric, groupId, peerId);
        LongConsumer meter = meters.get(key);
        if (meter == null && meters.size() < MAX_METERS) {
            meter = meters.computeIfAbsent(key, this::made);
        }
        if (meter != null) {
            meter.accept(value);
        }
    }

    private LongConsumer made(Key key) {
        Tags group = Tags.of("group", key.group());
        Tags tags = key.peer() == null ? group : group.and("peer", key.peer());
        return switch (key.metric()) {
            case PROPOSALS_APPLIED -> proposals(tags, "applied");
            case PROPOSALS_REFUSED -> proposals(tags, "refused");
            case PROPOSALS_UNKNOWN -> proposals(tags, "unknown");
            case PEER_DROPPED_APPENDS -> dropped(tags, "appends");
            case PEER_DROPPED_CONTROL -> dropped(tags, "control");
            case PEER_DROPPED_SNAPSHOTS -> dropped(tags, "snapshots");
            case SNAPSHOT_SAVE_DURATION -> snapshots(group, "save");
            case SNAPSHOT_SEND_DURATION -> snapshots(group, "send");
            case SNAPSHOT_RESTORE_DURATION -> snapshots(group, "restore");
            case SNAPSHOT_SAVE_FAILURES -> failedSnapshots(group, "save");
            case SNAPSHOT_SEND_FAILURES -> failedSnapshots(group, "send");
            case SNAPSHOT_RECEIVE_FAILURES -> failedSnapshots(group, "receive");
            case APPLIER_HALTED -> latest("raft.alarm", tags.and("kind", "applier-halted"));
            case APPLY_SLOW -> latest("raft.alarm", tags.and("kind", "slow-apply"));
            case DISK_FULL -> latest("raft.alarm", tags.and("kind", "disk-full"));
            case DISK_STALLED -> latest("raft.alarm", tags.and("kind", "disk-stalled"));
            case PEER_LAG -> behind -> {}; // ServerMetrics shows it, and only while this node leads
            default -> made(key.metric(), tags);
        };
    }

    private LongConsumer proposals(Tags tags, String outcome) {
        return Counter.builder("raft.proposals")
                .tags(tags.and("outcome", outcome))
                .register(registry)::increment;
    }

    private LongConsumer snapshots(Tags tags, String op) {
        return timer("raft.snapshot.duration", tags.and("op", op));
    }

    private LongConsumer failedSnapshots(Tags tags, String op) {
        return Counter.builder("raft.snapshot.failures")
                .tags(tags.and("op", op))
                .register(registry)::increment;
    }

    private LongConsumer dropped(Tags tags, String lane) {
        return Counter.builder("raft.peer.dropped").tags(tags.and("lane", lane)).register(registry)::increment;
    }

    private LongConsumer latest(String name, Tags tags) {
        AtomicLong latest = new AtomicLong();
        Gauge.builder(name, latest, AtomicLong::get)
                .tags(tags)
                .strongReference(true)
                .register(registry);
        return latest::set;
    }

    /** The others are called what the enum calls them. */
    private LongConsumer made(Metric metric, Tags tags) {
        String name = "raft." + metric.name().toLowerCase(Locale.ROOT).replace('_', '.');
        return switch (metric.kind()) {
            case COUNTER -> Counter.builder(name).tags(tags).register(registry)::increment;
            case TIMER -> timer(name, tags);
            case GAUGE -> latest(name, tags);
        };
    }

    private LongConsumer timer(String name, Tags tags) {
        Timer timer = Timer.builder(name)
                .tags(tags)
                .serviceLevelObjectives(ServerMetrics.BUCKETS)
                .register(registry);
        return nanos -> timer.record(nanos, TimeUnit.NANOSECONDS);
    }
}
