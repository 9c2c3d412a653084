package io.reactorraft.torture;

import io.reactorraft.core.LogView;
import io.reactorraft.proto.Entry;
import io.reactorraft.spi.LogStore;
import io.reactorraft.wal.ChronicleLogStore;
import io.reactorraft.wal.WalConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

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

    private final LogStore log;

    private Stores(LogStore log) {
        this.log = log;
    }

    /** Opens what a process left in the directory, within bounded time. */
    static Stores open(Path directory, Duration within) {
        return open(directory, within, new ChronicleLogStore(SIZES));
    }

    static Stores open(Path directory, Duration within, LogStore log) {
        try {
            log.open(directory, CLUSTER, NODE).block(within);
            return new Stores(log);
        } catch (RuntimeException failed) {
            log.close().onErrorComplete().block(within);
            throw failed;
        }
    }

    LogStore log() {
        return log;
    }

    /** Reads everything there is. */
    List<Found> read(Duration within) {
        List<Found> found = new ArrayList<>();
        for (String group : GROUPS) {
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
            found.add(new Found(group, log.hardState(group), log.snapshotMark(group), view.firstIndex(), prints, 0));
        }
        return found;
    }

    @Override
    public void close() {
        log.close().block(Duration.ofSeconds(20));
    }
}
