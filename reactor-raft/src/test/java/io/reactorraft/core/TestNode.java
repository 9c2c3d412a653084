package io.reactorraft.core;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.ConfChangeSingle;
import io.reactorraft.proto.ConfChangeV2;
import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.EntryType;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.SnapshotMetadata;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.function.UnaryOperator;

/**
 * A core with a disk and a state machine. The storage threads are queues: their work is done when the test says so, and
 * what was not done is lost in {@link #restart}.
 */
final class TestNode {

    private final String id;
    private final UnaryOperator<CoreConfig.Builder> options;
    private final boolean async;
    private final Queue<Message> appendWork = new ArrayDeque<>();
    private final Queue<Message> applyWork = new ArrayDeque<>();
    private final List<ReadState> readStates = new ArrayList<>();
    private final List<SoftState> softStates = new ArrayList<>();
    private ConfState members;
    private final List<Entry> applied = new ArrayList<>();
    private long appliedBefore;
    private final MemoryLog log = new MemoryLog();
    private RawNode raw;

    /** With an empty disk; {@code voters} is what it knows of its group before the first entry. */
    TestNode(String id, List<String> voters, UnaryOperator<CoreConfig.Builder> options) {
        this(id, ConfState.newBuilder().addAllVoters(voters).build(), 0, options);
    }

    /** With a disk that begins with a snapshot of {@code start}, in term 1; 0: with an empty one. */
    TestNode(String id, ConfState members, long start, UnaryOperator<CoreConfig.Builder> options) {
        this.id = id;
        this.options = options;
        this.members = members;
        CoreConfig config = config();
        this.async = config.asyncStorageWrites;
        if (start > 0) {
            install(MemoryLog.snapshotAt(start, 1, members));
        }
        this.raw = new RawNode(config, log, log.hardState(), members, start);
    }

    private CoreConfig config() {
        return options.apply(CoreConfig.builder(id).seed(id.hashCode())).build();
    }

    /** Ends the process and starts it again from what is on its disk; the state machine keeps what it has applied. */
    void restart() {
        appendWork.clear();
        applyWork.clear();
        readStates.clear();
        long at = appliedIndex();
        // A commit index is not synced by itself, so the disk's may lag behind what was applied.
        HardState durable = log.hardState();
        HardState known =
                durable.toBuilder().setCommit(Math.max(durable.getCommit(), at)).build();
        raw = new RawNode(config(), log, known, members, at);
    }

    String id() {
        return id;
    }

    RawNode raw() {
        return raw;
    }

    MemoryLog log() {
        return log;
    }

    ConfState members() {
        return members;
    }

    List<ReadState> readStates() {
        return readStates;
    }

    List<SoftState> softStates() {
        return softStates;
    }

    /** All that was applied since the last snapshot, or since the beginning. */
    List<Entry> applied() {
        return applied;
    }

    /** The state machine's index. */
    long appliedIndex() {
        return applied.isEmpty()
                ? appliedBefore
                : applied.get(applied.size() - 1).getIndex();
    }

    /** The commands that were applied, in order. */
    List<String> commands() {
        return applied.stream()
                .filter(entry -> entry.getType() == EntryType.ENTRY_NORMAL
                        && !entry.getData().isEmpty())
                .map(entry -> entry.getData().toStringUtf8())
                .toList();
    }

    StepOutcome propose(String... commands) {
        return raw.propose(
                List.of(commands).stream().map(ByteString::copyFromUtf8).toList());
    }

    StepOutcome proposeChange(ConfChangeSingle... changes) {
        return raw.proposeConfChange(
                ConfChangeV2.newBuilder().addAllChanges(List.of(changes)).build());
    }

    void tick(int times) {
        for (int i = 0; i < times; i++) {
            raw.tick();
        }
    }

    /** Takes every Ready there is and does all storage work; what goes to others. */
    List<Message> settle() {
        List<Message> out = new ArrayList<>();
        while (raw.hasReady() || hasStorageWork()) {
            while (raw.hasReady()) {
                takeReady(out);
            }
            doAppendWork(out);
            doApplyWork(out);
        }
        return out;
    }

    boolean hasStorageWork() {
        return !appendWork.isEmpty() || !applyWork.isEmpty();
    }

    /** Takes one Ready: in plain mode all of it is done here, else the storage work waits. */
    Ready takeReady(List<Message> out) {
        Ready ready = raw.ready();
        readStates.addAll(ready.readStates());
        if (ready.softState() != null) {
            softStates.add(ready.softState());
        }
        if (async) {
            for (Message message : ready.messages()) {
                switch (message.getTo()) {
                    case RawNode.APPEND_THREAD -> appendWork.add(message);
                    case RawNode.APPLY_THREAD -> applyWork.add(message);
                    default -> out.add(message);
                }
            }
        } else {
            SnapshotMetadata snapshot = ready.snapshot();
            if (snapshot != null) {
                install(snapshot);
            }
            if (ready.hardState() != null) {
                log.hardState(ready.hardState());
            }
            log.append(ready.entries());
            out.addAll(ready.messages());
            apply(ready.committedEntries());
            raw.advance();
        }
        for (LogRead read : ready.logReads()) {
            boolean compacted = read.from() < log.firstIndex();
            raw.logRead(read, compacted ? List.of() : log.read(read.from(), read.to(), read.maxBytes()));
        }
        if (raw.wantsSnapshot()) {
            log.offer(MemoryLog.snapshotAt(appliedIndex(), log.term(appliedIndex()), members));
        }
        return ready;
    }

    /** Does the oldest work of the log's thread, if there is any; its responses reach this node at once. */
    void doAppendWork(List<Message> out) {
        Message work = appendWork.poll();
        if (work == null) {
            return;
        }
        if (work.hasSnapshot()) {
            install(work.getSnapshot());
        }
        if (work.getTerm() != 0) {
            log.hardState(HardState.newBuilder()
                    .setTerm(work.getTerm())
                    .setVote(work.getVote())
                    .setCommit(work.getCommit())
                    .build());
        }
        log.append(work.getEntriesList());
        respond(work, out);
    }

    void doApplyWork(List<Message> out) {
        Message work = applyWork.poll();
        if (work == null) {
            return;
        }
        apply(work.getEntriesCount() > 0 ? work.getEntriesList() : log.read(work.getIndex(), work.getCommit() + 1, 0));
        respond(work, out);
    }

    private void respond(Message work, List<Message> out) {
        for (Message response : work.getResponsesList()) {
            if (response.getTo().equals(id)) {
                if (raw.step(response) != StepOutcome.TAKEN) {
                    throw new AssertionError(id + " does not take its own storage's response " + response);
                }
            } else {
                out.add(response);
            }
        }
    }

    private void install(SnapshotMetadata snapshot) {
        log.install(snapshot);
        applied.clear();
        appliedBefore = snapshot.getIndex();
        members = snapshot.getConfState();
    }

    private void apply(List<Entry> entries) {
        for (Entry entry : entries) {
            long expected = appliedIndex() + 1;
            if (entry.getIndex() != expected) {
                throw new AssertionError(id + " applies " + entry.getIndex() + " where " + expected + " is next");
            }
            applied.add(entry);
            if (entry.getType() != EntryType.ENTRY_NORMAL) {
                members = raw.applyConfChange(entry);
            }
        }
    }
}
