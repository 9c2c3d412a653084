package io.reactorraft;

import com.google.protobuf.ByteString;
import io.reactorraft.core.LogView;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.DiskFullException;
import io.reactorraft.spi.LogStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/** A log in memory, for one group and one thread: a sync takes {@link #syncTime}, and what was not synced can be lost. */
final class MemoryLog implements LogStore, LogView {
    private final Scheduler scheduler;
    private final String nodeId;
    private final List<Entry> entries = new ArrayList<>();
    private HardState hardState = HardState.getDefaultInstance();
    private SnapshotMetadata mark = SnapshotMetadata.getDefaultInstance();
    private long base;
    private long baseTerm;
    private Duration syncTime = Duration.ofMillis(1);
    private @Nullable RuntimeException failure;
    private @Nullable RuntimeException readFailure;
    private boolean full;
    private boolean marksRefused;
    private boolean readsStalled;
    private Duration rangeTime = Duration.ofMillis(1);
    private boolean forgetful;
    private boolean neverCloses;
    private Sinks.Empty<Void> answers = Sinks.empty();
    private @Nullable Mono<Owner> opening;
    private String disk = "first disk";
    private int epoch;
    private int limit = Integer.MAX_VALUE;
    private int outstanding;
    private boolean closed;

    MemoryLog(Scheduler scheduler, String nodeId) {
        this.scheduler = scheduler;
        this.nodeId = nodeId;
        answers.tryEmitEmpty();
    }

    /** The disk answers nothing from now on. */
    void stall() {
        answers = Sinks.empty();
    }

    /** The disk answers again, what it had not answered first. */
    void recover() {
        answers.tryEmitEmpty();
    }

    /** How long a sync takes from now on. */
    void syncTime(Duration time) {
        syncTime = time;
    }

    /** Every later append fails. */
    void breakDisk(RuntimeException error) {
        failure = error;
    }

    /** No entries are taken until there is room again; terms and votes are. */
    void fill(boolean isFull) {
        full = isFull;
    }

    /** Not even a mark finds room. */
    void refuseMarks(boolean refuse) {
        marksRefused = refuse;
    }

    @Override
    public boolean isFull() {
        return full;
    }

    /** Every later read fails. */
    void breakReads(RuntimeException error) {
        readFailure = error;
    }

    /** No read ends from now on. */
    void stallReads() {
        readsStalled = true;
    }

    /** How long a read of more than one entry takes from now on. */
    void rangeTime(Duration time) {
        rangeTime = time;
    }

    /** One that is under way when reads become slower is as slow. */
    private Mono<Long> rangeRead() {
        Duration asked = rangeTime;
        return Mono.delay(asked, scheduler)
                .flatMap(late -> rangeTime.compareTo(asked) > 0 ? Mono.delay(rangeTime, scheduler) : Mono.just(late));
    }

    /** Whether entries must be read from "disk": the view answers "not now". */
    void forgetEntries(boolean forget) {
        forgetful = forget;
    }

    /** Closing hangs. */
    void neverClose() {
        neverCloses = true;
    }

    /** The process dies: syncs under way never complete, and their entries are lost. */
    void crash() {
        epoch++;
    }

    /** Somebody deletes the directory. */
    void wipe() {
        epoch++;
        disk = "another disk";
        entries.clear();
        hardState = HardState.getDefaultInstance();
    }

    /** The next start fails. */
    void failToOpen(RuntimeException error) {
        opening = Mono.error(error);
    }

    /** The next start hangs. */
    void hangAtOpen() {
        opening = Mono.never();
    }

    /** Damage: the log claims this, whatever it holds. */
    void pretend(HardState claimed) {
        hardState = claimed;
    }

    boolean isClosed() {
        return closed;
    }

    @Override
    public Mono<Owner> open(Path directory, String clusterId, String node) {
        closed = false;
        outstanding = 0;
        if (opening != null) {
            return opening;
        }
        return Mono.just(new Owner(clusterId, nodeId, ByteString.copyFromUtf8(disk + " of " + nodeId)));
    }

    @Override
    public HardState hardState(String groupId) {
        return hardState;
    }

    @Override
    public SnapshotMetadata snapshotMark(String groupId) {
        return mark;
    }

    /** More appends at a time are a fault of the caller, as with the real log. */
    void limitAppends(int atATime) {
        limit = atATime;
    }

    @Override
    public LogView view(String groupId) {
        requireOpen();
        return this;
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the log is closed");
        }
    }

    @Override
    public Mono<Void> append(String groupId, HardState state, List<Entry> appended) {
        requireOpen();
        int begun = epoch;
        if (++outstanding > limit) {
            return Mono.error(new IllegalStateException("more than " + limit + " appends at a time"));
        }
        RuntimeException broken = failure;
        Mono<Void> write = broken != null
                ? Mono.error(broken)
                : Mono.fromRunnable(() -> {
                    check(state, appended);
                    if (!state.equals(HardState.getDefaultInstance())) {
                        hardState = state;
                    }
                    appended.forEach(this::put);
                });
        return inOrder(write.doFirst(() -> outstanding--), begun);
    }

    /** Work begins with the call, as the contract says. */
    private Mono<Void> inOrder(Mono<Void> write, int begun) {
        Mono<Void> answered = answers.asMono();
        Mono<Void> done = Mono.delay(syncTime, scheduler)
                .flatMap(late -> answered.thenReturn(late))
                .filter(late -> begun == epoch)
                .flatMap(late -> write)
                .cache();
        done.subscribe(nothing -> {}, error -> {});
        return done;
    }

    private void check(HardState state, List<Entry> appended) {
        long end = appended.isEmpty()
                ? lastIndex()
                : appended.get(appended.size() - 1).getIndex();
        if (state.getCommit() > end || (!appended.isEmpty() && appended.get(0).getIndex() > lastIndex() + 1)) {
            throw new IllegalArgumentException("a gap, or a commit index ahead of the log");
        }
        if (full && !appended.isEmpty()) {
            throw new DiskFullException("no room for entries " + appended.get(0).getIndex() + " to " + end);
        }
    }

    private void put(Entry entry) {
        int at = at(entry.getIndex());
        if (at > entries.size()) {
            throw new AssertionError("a gap before index " + entry.getIndex());
        }
        entries.subList(at, entries.size()).clear();
        entries.add(entry);
    }

    @Override
    public Mono<Void> mark(String groupId, SnapshotMetadata snapshot) {
        requireOpen();
        int begun = epoch;
        return inOrder(
                Mono.fromRunnable(() -> {
                    if (marksRefused) {
                        throw new DiskFullException("no room for the mark of " + snapshot.getIndex());
                    }
                    if (term(snapshot.getIndex()) != snapshot.getTerm()) {
                        entries.clear();
                        base = snapshot.getIndex();
                        baseTerm = snapshot.getTerm();
                    }
                    mark = snapshot;
                }),
                begun);
    }

    private int at(long index) {
        return Math.toIntExact(index - base) - 1;
    }

    @Override
    public Mono<List<Entry>> read(String groupId, long from, long to, long maxBytes) {
        requireOpen();
        if (readFailure != null) {
            return Mono.error(readFailure);
        }
        if (readsStalled) {
            return Mono.never();
        }
        return (to - from > 1 ? rangeRead() : Mono.delay(Duration.ofMillis(1), scheduler)).map(late -> {
            if (from <= base) {
                throw new IndexOutOfBoundsException("entry " + from + " was compacted");
            }
            return List.copyOf(entries.subList(at(from), at(Math.min(to, from + 10))));
        });
    }

    @Override
    public Mono<Void> compact(String groupId, long upTo) {
        return inOrder(
                Mono.fromRunnable(() -> {
                    long last = Math.min(upTo, mark.getIndex());
                    if (last > base) {
                        baseTerm = term(last);
                        entries.subList(0, at(last) + 1).clear();
                        base = last;
                    }
                }),
                epoch);
    }

    @Override
    public Mono<Void> close() {
        closed = true; // work begins with the call, as the contract says
        return neverCloses ? Mono.never() : Mono.empty();
    }

    @Override
    public long firstIndex() {
        return base + 1;
    }

    @Override
    public long lastIndex() {
        return base + entries.size();
    }

    @Override
    public long term(long index) {
        if (index == base) {
            return baseTerm;
        }
        return index < base || index > lastIndex()
                ? UNKNOWN_TERM
                : entries.get(at(index)).getTerm();
    }

    @Override
    public @Nullable List<Entry> entries(long from, long to, long maxBytes) {
        return forgetful ? null : List.copyOf(entries.subList(at(from), at(to)));
    }

    @Override
    public @Nullable SnapshotMetadata snapshot() {
        return mark.getIndex() == 0 ? null : mark;
    }
}
