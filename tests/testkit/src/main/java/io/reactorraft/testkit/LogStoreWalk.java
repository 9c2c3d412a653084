package io.reactorraft.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.reactorraft.core.LogView;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.LogStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;

/**
 * Random work on a log beside a model of it, with reopening in between; the same seed is the same walk.
 *
 * <p>Two groups, so that their records lie among each other. The model compacts nothing: what a store still holds must
 * agree with it, and it must hold everything behind the mark.
 */
public final class LogStoreWalk {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final List<String> GROUPS = List.of("a", "b");

    private final long seed;
    private final Supplier<LogStore> reopen;
    private final SplittableRandom random;
    private final List<Model> models = List.of(new Model(), new Model());
    private LogStore store;
    private int step;

    /** {@code reopen}: closes the store, if there is one, and opens another in the same directory. */
    public LogStoreWalk(long seed, Supplier<LogStore> reopen) {
        this.seed = seed;
        this.reopen = reopen;
        this.random = new SplittableRandom(seed);
        this.store = reopen.get();
    }

    /** Takes that many steps, and says seed and step where store and model part. */
    public void run(int steps) {
        for (step = 1; step <= steps; step++) {
            try {
                takeStep();
            } catch (RuntimeException | AssertionError parted) {
                throw new AssertionError("LogStoreWalk(seed " + seed + ") parts at step " + step, parted);
            }
        }
        store = reopen.get();
        check();
    }

    private void takeStep() {
        int which = random.nextInt(GROUPS.size());
        Model model = models.get(which);
        String group = GROUPS.get(which);
        int dice = random.nextInt(100);
        if (dice < 60) {
            append(group, model);
        } else if (dice < 70) {
            commit(group, model);
        } else if (dice < 76) {
            mark(group, model);
        } else if (dice < 84) {
            store.compact(group, model.last() - random.nextInt(20)).block(SOON);
        } else if (dice < 96) {
            check();
        } else {
            store = reopen.get();
            check();
        }
    }

    /** Several appends at once, so that they share a batch; some replace what came before. */
    private void append(String group, Model model) {
        List<Mono<Void>> appends = new ArrayList<>();
        for (int i = 0; i <= random.nextInt(4); i++) {
            long from = model.last() + 1;
            long floor = Math.max(model.mark.getIndex(), model.hardState.getCommit()) + 1;
            if (random.nextInt(5) == 0 && floor < from) {
                from = random.nextLong(floor, from);
            }
            HardState.Builder next = model.hardState.toBuilder();
            if (random.nextInt(3) == 0) {
                next.setTerm(next.getTerm() + 1).setVote("n" + random.nextInt(3));
            }
            List<Entry> entries = new ArrayList<>();
            for (int count = random.nextInt(8); count > 0; count--) {
                entries.add(entry(from + entries.size(), next.getTerm()));
            }
            model.append(next.build(), entries);
            appends.add(store.append(group, next.build(), entries));
        }
        Mono.when(appends).block(SOON);
    }

    private void commit(String group, Model model) {
        long commit = model.hardState.getCommit();
        if (model.last() > commit) {
            model.hardState = model.hardState.toBuilder()
                    .setCommit(random.nextLong(commit, model.last() + 1))
                    .build();
            store.append(group, model.hardState, List.of()).block(SOON);
        }
    }

    /** A snapshot of this node, or, now and then, one that was installed over a log that ends before it. */
    private void mark(String group, Model model) {
        boolean installed = random.nextInt(4) == 0;
        long index = installed ? model.last() + 1 + random.nextInt(5) : model.hardState.getCommit();
        long term = installed ? model.hardState.getTerm() : model.term(index);
        if (index < 1 || index < model.mark.getIndex()) {
            return;
        }
        SnapshotMetadata snapshot = SnapshotMetadata.newBuilder()
                .setGroupId(group)
                .setIndex(index)
                .setTerm(term)
                .setSnapshotId("s" + index)
                .build();
        model.mark(snapshot);
        store.mark(group, snapshot).block(SOON);
        if (installed) {
            model.hardState = model.hardState.toBuilder().setCommit(index).build();
            store.append(group, model.hardState, List.of()).block(SOON);
        }
    }

    private void check() {
        for (int which = 0; which < GROUPS.size(); which++) {
            check(GROUPS.get(which), models.get(which));
        }
    }

    private void check(String group, Model model) {
        LogView view = store.view(group);
        assertThat(store.hardState(group)).isEqualTo(model.hardState);
        assertThat(store.snapshotMark(group)).isEqualTo(model.mark);
        assertThat(view.lastIndex()).isEqualTo(model.last());
        assertThat(view.firstIndex())
                .isGreaterThan(model.base)
                .isLessThanOrEqualTo(Math.max(model.base, model.mark.getIndex()) + 1);
        for (long index = view.firstIndex() - 1; index <= view.lastIndex(); index++) {
            assertThat(view.term(index)).as("term of %d", index).isEqualTo(model.term(index));
        }
        if (view.lastIndex() >= view.firstIndex()) {
            long from = random.nextLong(view.firstIndex(), view.lastIndex() + 1);
            long to = random.nextLong(from, view.lastIndex() + 1) + 1;
            assertThat(store.read(group, from, to, 0).block(SOON)).isEqualTo(model.entries(from, to));
        }
    }

    private Entry entry(long index, long term) {
        byte[] data = new byte[random.nextInt(10) == 0 ? random.nextInt(20_000) : random.nextInt(300)];
        random.nextBytes(data);
        return Entry.newBuilder()
                .setTerm(term)
                .setIndex(index)
                .setData(ByteString.copyFrom(data))
                .build();
    }

    /** What the log should be, with nothing but lists. */
    private static final class Model {
        private final List<Entry> entries = new ArrayList<>();
        private long base;
        private long baseTerm;
        private HardState hardState = HardState.getDefaultInstance();
        private SnapshotMetadata mark = SnapshotMetadata.getDefaultInstance();

        long last() {
            return base + entries.size();
        }

        long term(long index) {
            return index == base
                    ? baseTerm
                    : entries.get((int) (index - base - 1)).getTerm();
        }

        List<Entry> entries(long from, long to) {
            return entries.subList((int) (from - base - 1), (int) (to - base - 1));
        }

        void append(HardState next, List<Entry> appended) {
            hardState = next;
            if (!appended.isEmpty()) {
                long keep = appended.get(0).getIndex() - 1;
                entries.subList((int) (keep - base), entries.size()).clear();
                entries.addAll(appended);
            }
        }

        void mark(SnapshotMetadata snapshot) {
            mark = snapshot;
            boolean holds = snapshot.getIndex() >= base
                    && snapshot.getIndex() <= last()
                    && term(snapshot.getIndex()) == snapshot.getTerm();
            if (!holds) {
                entries.clear();
                base = snapshot.getIndex();
                baseTerm = snapshot.getTerm();
            }
        }
    }
}
