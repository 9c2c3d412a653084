package io.reactorraft.simulation;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.reactorraft.core.RawNode;
import io.reactorraft.core.Ready;
import io.reactorraft.proto.ConfChange;
import io.reactorraft.proto.ConfChangeV2;
import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.SnapshotMetadata;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;

/**
 * A node of a script's cluster: a core, its log, and a state machine that appends every command to its content.
 *
 * <p>With asynchronous storage writes the work for the log and for the applier waits here until the script lets it be
 * done. Not for several threads.
 */
final class ScriptedNode {

    private final String id;
    private final RawNode raw;
    private final ScriptedLog log;
    private final NodeOptions options;
    private final EntrySizes sizes;
    private final Queue<Message> appendWork = new ArrayDeque<>();
    private final Queue<Message> applyWork = new ArrayDeque<>();

    ScriptedNode(String id, NodeOptions options, EntrySizes sizes) throws CommandException {
        this.id = id;
        this.options = options;
        this.sizes = sizes;
        log = options.newLog(sizes);
        raw = options.newCore(id, log, sizes);
    }

    String id() {
        return id;
    }

    RawNode raw() {
        return raw;
    }

    ScriptedLog log() {
        return log;
    }

    boolean hasReady() {
        return raw.hasReady();
    }

    boolean hasAppendWork() {
        return !appendWork.isEmpty();
    }

    boolean hasApplyWork() {
        return !applyWork.isEmpty();
    }

    /** Does what the next Ready asks for, as far as it is not left to the storage threads; messages go to {@code sent}. */
    void processReady(Output output, List<Message> sent) throws CommandException {
        Ready ready = raw.ready();
        sizes.sawAppended(ready.entries());
        output.print(StatePrinter.print(ready));
        if (options.asyncStorageWrites()) {
            for (Message message : ready.messages()) {
                switch (message.getTo()) {
                    case RawNode.APPEND_THREAD -> appendWork.add(message);
                    case RawNode.APPLY_THREAD -> applyWork.add(message);
                    default -> sent.add(message);
                }
            }
            return;
        }
        persist(
                ready.hardState() == null ? HardState.getDefaultInstance() : ready.hardState(),
                ready.entries(),
                ready.snapshot() == null ? SnapshotMetadata.getDefaultInstance() : ready.snapshot());
        apply(ready.committedEntries());
        sent.addAll(ready.messages());
        raw.advance();
    }

    /** Does the oldest work of the log's thread; what it promises goes to {@code sent}. */
    void processAppendWork(Output output, List<Message> sent) throws CommandException {
        Message work = appendWork.poll();
        if (work == null) {
            output.print("no append work to perform");
            return;
        }
        output.print("Processing:");
        output.print(MessagePrinter.print(work.toBuilder().clearResponses().build()));
        HardState state = HardState.newBuilder()
                .setTerm(work.getTerm())
                .setVote(work.getVote())
                .setCommit(work.getCommit())
                .build();
        persist(state, work.getEntriesList(), work.getSnapshot());
        respond(work, output, sent);
    }

    /** Does the oldest work of the applier's thread. */
    void processApplyWork(Output output, List<Message> sent) throws CommandException {
        Message work = applyWork.poll();
        if (work == null) {
            output.print("no apply work to perform");
            return;
        }
        output.print("Processing:");
        output.print(MessagePrinter.print(work.toBuilder().clearResponses().build()));
        if (work.getEntriesCount() == 0) {
            throw new CommandException("apply work of node " + id + " carries no entries, although all are in memory");
        }
        apply(work.getEntriesList());
        respond(work, output, sent);
    }

    private static void respond(Message work, Output output, List<Message> sent) {
        output.print("Responses:");
        for (Message response : work.getResponsesList()) {
            output.print(MessagePrinter.print(response));
            sent.add(response);
        }
    }

    private void persist(HardState state, List<Entry> entries, SnapshotMetadata snapshot) throws CommandException {
        if (!state.equals(HardState.getDefaultInstance())) {
            log.hardState(state);
        }
        if (snapshot.getIndex() == 0) {
            log.append(entries);
            return;
        }
        if (!entries.isEmpty()) {
            throw new CommandException("can't apply snapshot and entries at the same time");
        }
        log.install(snapshot);
    }

    /** Each entry makes a new state of the state machine, and with it a newer snapshot to offer. */
    private void apply(List<Entry> committed) throws CommandException {
        for (Entry entry : committed) {
            SnapshotMetadata before = log.newestSnapshot();
            ConfState confState = before.getConfState();
            ByteString update = entry.getData();
            switch (entry.getType()) {
                case ENTRY_CONF_CHANGE, ENTRY_CONF_CHANGE_V2 -> {
                    ConfChangeV2 change = change(entry);
                    confState = raw.applyConfChange(entry.getIndex(), change);
                    update = change.getContext();
                }
                case ENTRY_NORMAL, UNRECOGNIZED -> {
                    // A command; its data is the update.
                }
            }
            log.newestSnapshot(SnapshotMetadata.newBuilder()
                    .setIndex(entry.getIndex())
                    .setTerm(entry.getTerm())
                    .setConfState(confState)
                    .setSizeBytes(before.getSizeBytes() + update.size())
                    .build());
        }
    }

    private static ConfChangeV2 change(Entry entry) throws CommandException {
        try {
            return switch (entry.getType()) {
                case ENTRY_CONF_CHANGE -> MessagePrinter.asV2(ConfChange.parseFrom(entry.getData()));
                default -> ConfChangeV2.parseFrom(entry.getData());
            };
        } catch (InvalidProtocolBufferException e) {
            throw new CommandException("unreadable configuration change at index " + entry.getIndex());
        }
    }
}
