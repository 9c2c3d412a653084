package io.reactorraft.torture;

import io.reactorraft.core.LogView;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.LogStore;
import io.reactorraft.spi.SnapshotStore;
import io.reactorraft.wal.WalConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** The real log and the real snapshots in one directory, as a node would open them. */
final class Stores implements AutoCloseable {

    /** Of all stores that are tortured. */
    static final List<String> GROUPS = List.of("a", "b");

    /** Segments so small that they are left every few appends. */
    static final WalConfig SIZES =
            WalConfig.defaults().withSegmentBytes(256 << 10).withCacheBytes(64 << 10);

    private static final String CLUSTER = "torture";
    private static final String NODE = "n1";
    private static final long READ_BYTES = 256 << 10;
    private static final Duration CLOSE = Duration.ofMinutes(1);

    private final LogStore log;
    private final SnapshotStore snapshots;

    private Stores(LogStore log, SnapshotStore snapshots) {
        this.log = log;
        this.snapshots = snapshots;
    }

    /** Opens what a process left in the directory, within bounded time for each store. */
    static Stores open(Path directory, Duration within) {
        return open(directory, within, Fault.NONE);
    }

    /** Opens stores that may do something wrong on purpose. */
    static Stores open(Path directory, Duration within, Fault fault) {
        Stores stores = new Stores(fault.log(), fault.snapshots());
        try {
            LogStore.Owner owner = stores.log
                    .open(directory, CLUSTER, NODE)
                    .blockOptional(within)
                    .orElseThrow();
            stores.snapshots.open(directory, owner, stores.log).block(within);
            return stores;
        } catch (RuntimeException failed) {
            stores.snapshots.close().onErrorComplete().block(CLOSE);
            stores.log.close().onErrorComplete().block(CLOSE);
            throw failed;
        }
    }

    LogStore log() {
        return log;
    }

    SnapshotStore snapshots() {
        return snapshots;
    }

    /** Reads everything there is, as a start does: the snapshot, and then the log. */
    List<Found> read(Duration within, Consumer<String> telling) {
        List<Found> found = new ArrayList<>();
        for (String group : GROUPS) {
            telling.accept("restoring " + group);
            long restored = restore(group, within);
            LogView view = log.view(group);
            List<Long> prints = new ArrayList<>();
            for (long next = view.firstIndex(); next <= view.lastIndex(); ) {
                List<Entry> entries = log.read(group, next, view.lastIndex() + 1, READ_BYTES)
                        .blockOptional(within)
                        .orElseThrow();
                for (Entry entry : entries) {
                    if (entry.getIndex() != next || view.term(next) != entry.getTerm()) {
                        throw new ViolationException("group " + group + ": entry " + entry.getIndex() + " of term "
                                + entry.getTerm() + " was read at " + next + " of term " + view.term(next));
                    }
                    prints.add(Content.print(entry));
                    next++;
                }
            }
            found.add(new Found(
                    group, log.hardState(group), log.snapshotMark(group), view.firstIndex(), prints, restored));
        }
        return found;
    }

    /** The index of the snapshot that a start begins with, all of which is as it was emitted; 0: there is none. */
    private long restore(String group, Duration within) {
        SnapshotMetadata latest = snapshots.latest(group).block(within);
        if (latest == null) {
            return 0;
        }
        SnapshotContent expected = new SnapshotContent(latest);
        snapshots.load(latest).doOnNext(expected::check).blockLast(within);
        expected.checkWhole();
        return latest.getIndex();
    }

    @Override
    public void close() {
        snapshots.close().block(CLOSE);
        log.close().block(CLOSE);
    }
}
