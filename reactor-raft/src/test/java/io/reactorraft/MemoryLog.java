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
    private Duration syncTime = Duration.ofMillis(1);
    private @Nullable RuntimeException failure;
    private @Nullable RuntimeException readFailure;
    private boolean full;
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

    @Override
    public boolean isFull() {
        return full;
    }

    /** Every later read fails. */
    void breakReads(RuntimeException error) {
        readFailure = error;
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
        return SnapshotMetadata.getDefaultInstance();
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
        Mono<Void> answered = answers.asMono();
        return Mono.delay(syncTime, scheduler)
                .flatMap(late -> answered.thenReturn(late))
                .filter(done -> begun == epoch)
                .doOnNext(done -> outstanding--)
                .flatMap(done -> write);
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
        int at = Math.toIntExact(entry.getIndex()) - 1;
        if (at > entries.size()) {
            throw new AssertionError("a gap before index " + entry.getIndex());
        }
        entries.subList(at, entries.size()).clear();
        entries.add(entry);
    }

    @Override
    public Mono<Void> mark(String groupId, SnapshotMetadata snapshot) {
        return Mono.error(new AssertionError("no snapshots here"));
    }

    @Override
    public Mono<List<Entry>> read(String groupId, long from, long to, long maxBytes) {
        requireOpen();
        if (readFailure != null) {
            return Mono.error(readFailure);
        }
        return Mono.delay(Duration.ofMillis(1), scheduler)
                .map(late -> List.copyOf(entries.subList((int) from - 1, (int) Math.min(to - 1, from + 9))));
    }

    @Override
    public Mono<Void> compact(String groupId, long upTo) {
        return Mono.empty();
    }

    @Override
    public Mono<Void> close() {
        closed = true; // work begins with the call, as the contract says
        return neverCloses ? Mono.never() : Mono.empty();
    }

    @Override
    public long firstIndex() {
        return 1;
    }

    @Override
    public long lastIndex() {
        return entries.size();
    }

    @Override
    public long term(long index) {
        return index == 0
                ? 0
                : index > entries.size()
                        ? UNKNOWN_TERM
                        : entries.get((int) index - 1).getTerm();
    }

    @Override
    public @Nullable List<Entry> entries(long from, long to, long maxBytes) {
        return forgetful ? null : List.copyOf(entries.subList((int) from - 1, (int) to - 1));
    }

    @Override
    public @Nullable SnapshotMetadata snapshot() {
        return null;
    }
}
