package io.reactorraft.server.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.reactorraft.Alarm;
import io.reactorraft.Peer;
import io.reactorraft.RaftStatus;
import io.reactorraft.Role;
import io.reactorraft.server.api.Replica;
import io.reactorraft.spi.RaftMetrics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** All that one server measures, and how Prometheus reads it. Any thread; {@link #close} ends the JVM's own meters. */
public final class ServerMetrics implements AutoCloseable {

    /** Where the buckets of durations end. */
    static final Duration[] BUCKETS = {
        Duration.ofNanos(500_000),
        Duration.ofMillis(1),
        Duration.ofMillis(2),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofSeconds(1),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10)
    };

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final RaftMetrics node = new NodeMeters(registry);
    private final JvmGcMetrics garbage = new JvmGcMetrics();
    private final AtomicReference<@Nullable Replica> bound = new AtomicReference<>();
    private final String info;
    private final Counter stalledBackups;
    private final MultiGauge lag;
    private final MultiGauge tolerance;

    /** Of a server of this version. */
    public ServerMetrics(String version) {
        info = "# TYPE raft_info gauge\nraft_info{group=\"default\",version=\"" + version + "\"} 1.0\n";
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ClassLoaderMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        garbage.bindTo(registry);
        stalledBackups = Counter.builder("raft.backup.stalled")
                .description("Backups that were broken off because their client did not read")
                .register(registry);
        lag = MultiGauge.builder("raft.peer.lag.entries")
                .description("Entries that the peer's log is behind, as its leader knows")
                .register(registry);
        tolerance = MultiGauge.builder("raft.failure.tolerance")
                .description("Voters that may fail before the group stops, as its leader knows")
                .register(registry);
    }

    /** A backup was broken off because its client did not read. */
    public void backupStalled() {
        stalledBackups.increment();
    }

    /** What the node records into. */
    public RaftMetrics node() {
        return node;
    }

    /** Shows what this replica knows from now on. */
    public void show(Replica replica) {
        bound.set(replica);
        Tags group = Tags.of("group", replica.node().groupId());
        gauge("raft.watchers", group, replica, each -> each.watches().count());
        gauge("raft.kv.bytes", group, replica, each -> each.store().bytes());
        gauge(
                "raft.kv.quota.bytes",
                group,
                replica,
                each -> each.store().settings().getQuotaBytes());
        gauge("raft.kv.compacted.revision", group, replica, each -> each.store().compactedRevision());
        gauge("raft.kv.revision", group, replica, each -> each.store().revision());
        gauge("raft.kv.remembered", group, replica, each -> each.store().remembered());
        gauge(
                "raft.alarm",
                group.and("kind", "divergence"),
                replica,
                each -> each.store().divergence() == null ? 0 : 1);
        gauge(
                "raft.alarm",
                group.and("kind", "subscriber-blocks"),
                replica,
                each -> raises(each, Alarm.Kind.SUBSCRIBER_BLOCKS) ? 1 : 0);
        gauge(
                "raft.alarm",
                group.and("kind", "two-groups"),
                replica,
                each -> raises(each, Alarm.Kind.TWO_GROUPS) ? 1 : 0);
        for (Role role : Role.values()) {
            String name = role.name().toLowerCase(Locale.ROOT);
            gauge("raft.role", group.and("role", name), replica, each -> role(each) == role ? 1 : 0);
        }
    }

    private static boolean raises(Replica replica, Alarm.Kind kind) {
        return replica.node().status().alarms().stream().anyMatch(alarm -> alarm.kind() == kind);
    }

    private static Role role(Replica replica) {
        return replica.node().status().leadership().role();
    }

    private void gauge(String name, Tags tags, Replica replica, ToDoubleFunction<Replica> value) {
        Gauge.builder(name, replica, value).tags(tags).strongReference(true).register(registry);
    }

    /** A request of this route was answered; streams are not counted, for they have no duration worth a bucket. */
    public void answered(String route, int status, long nanos) {
        Timer.builder("raft.http.request.duration")
                .tags("group", "default", "route", route, "status", Integer.toString(status))
                .serviceLevelObjectives(BUCKETS)
                .register(registry)
                .record(nanos, TimeUnit.NANOSECONDS);
    }

    /** Everything in Prometheus's text format. Takes some milliseconds: not for event loops. */
    public String scrape() {
        Replica replica = bound.get();
        if (replica != null) {
            showPeers(replica);
        }
        return info + registry.scrape(); // by hand: Prometheus's own client takes _info off a gauge's name
    }

    /** Only a leader knows; elsewhere there are no rows, rather than old ones. */
    private void showPeers(Replica replica) {
        RaftStatus status = replica.node().status();
        Tags group = Tags.of("group", replica.node().groupId());
        List<MultiGauge.Row<?>> lags = new ArrayList<>();
        List<MultiGauge.Row<?>> tolerances = new ArrayList<>();
        if (status.leadership().role() == Role.LEADER) {
            int voters = 0;
            int active = 0;
            for (Peer peer : status.peers()) {
                Peer.Progress progress = peer.progress();
                if (progress != null) {
                    long behind = Math.max(0, status.lastIndex() - progress.match());
                    lags.add(MultiGauge.Row.of(group.and("peer", peer.member().id()), behind));
                }
                voters += peer.member().learner() ? 0 : 1;
                active += peer.member().learner() || !peer.active() ? 0 : 1;
            }
            tolerances.add(MultiGauge.Row.of(group, Math.max(0, active - (voters / 2 + 1))));
        }
        lag.register(lags, true);
        tolerance.register(tolerances, true);
    }

    @Override
    public void close() {
        garbage.close();
        registry.close();
    }
}
