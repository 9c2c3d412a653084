package io.reactorraft.micrometer;

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
 * Makes each measurement of a node a meter: {@code raft.proposals.applied} for {@link Metric#PROPOSALS_APPLIED} and so on,
 * with the tags {@code group} and, where it is about one, {@code peer}. The names, units and what to alert on are in {@code
 * reactor-raft/docs/metrics.md}.
 *
 * <p>A meter is registered when its first value comes, and looked up without a lock from then on.
 *
 * <p><b>Threads.</b> Any; never blocks but for the registration.
 */
public final class MicrometerMetrics implements RaftMetrics {

    /** Meters that are registered; more groups and peers than that are not measured. */
    static final int MAX_METERS = 10_000;

    private final MeterRegistry registry;
    private final Map<Key, LongConsumer> meters = new ConcurrentHashMap<>();

    private record Key(Metric metric, String group, String peer) {}

    /** Measures into this registry. */
    public MicrometerMetrics(MeterRegistry registry) {
        this.registry = registry;
    }

    /** The name under which a metric is registered. */
    static String name(Metric metric) {
        return "raft." + metric.name().toLowerCase(Locale.ROOT).replace('_', '.');
    }

    @Override
    public void record(Metric metric, String groupId, @Nullable String peerId, long value) {
        Key key = new Key(metric, groupId, peerId == null ? "" : peerId);
        LongConsumer meter = meters.get(key);
        if (meter == null) {
            if (meters.size() >= MAX_METERS) {
                return;
            }
            meter = meters.computeIfAbsent(key, this::register);
        }
        meter.accept(value);
    }

    private LongConsumer register(Key key) {
        Tags tags = Tags.of("group", key.group);
        Tags all = key.peer.isEmpty() ? tags : tags.and("peer", key.peer);
        return switch (key.metric.kind()) {
            case COUNTER -> Counter.builder(name(key.metric)).tags(all).register(registry)::increment;
            case TIMER -> {
                Timer timer = Timer.builder(name(key.metric)).tags(all).register(registry);
                yield nanos -> timer.record(nanos, TimeUnit.NANOSECONDS);
            }
            case GAUGE -> {
                AtomicLong latest = new AtomicLong();
                Gauge.builder(name(key.metric), latest, AtomicLong::get)
                        .tags(all)
                        .strongReference(true)
                        .register(registry);
                yield latest::set;
            }
        };
    }
}
