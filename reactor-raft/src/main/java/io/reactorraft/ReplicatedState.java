package io.reactorraft;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.EntryType;
import io.reactorraft.proto.GroupState;
import io.reactorraft.proto.MemberList;
import io.reactorraft.proto.SnapshotMetadata;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SynchronousSink;

/**
 * All that every replica holds equal at one index: the application's state, what the runtime keeps beside it, and the
 * members. What a snapshot is made of, and what it takes the place of.
 *
 * <p>Sessions may be large, and metadata must not be: they are the first bytes of the content.
 *
 * <p><b>Threads.</b> Apply thread only, but for {@link #index} and {@link #roster}.
 */
final class ReplicatedState {

    /** Sessions are cut into buffers of this size. */
    static final int PIECE_BYTES = 1 << 20;

    /** What an entry takes in the log beside its data, about. */
    private static final int ENTRY_OVERHEAD_BYTES = 32;

    private final StateMachine<?, ?> machine;
    private final SharedState shared = new SharedState();
    private volatile Roster roster = Roster.EMPTY;
    private volatile long index;
    private long term;
    private long bytes;

    ReplicatedState(StateMachine<?, ?> machine) {
        this.machine = machine;
    }

    /**
     * A snapshot that nobody has written yet.
     *
     * @param content may be subscribed to on any thread, while entries go on being applied
     * @param logBytes entries applied up to here since the process began, in bytes
     */
    record Captured(SnapshotMetadata metadata, Flux<ByteBuffer> content, long logBytes) {}

    SharedState shared() {
        return shared;
    }

    /** The members as of {@link #index}. Any thread. */
    Roster roster() {
        return roster;
    }

    /** The last entry that is in it. Any thread. */
    long index() {
        return index;
    }

    /** Entries applied since the process began, in bytes. */
    long logBytes() {
        return bytes;
    }

    /** The entry is in it now. */
    void applied(Entry entry) {
        if (entry.getType() != EntryType.ENTRY_NORMAL) {
            roster = roster.after(entry);
        }
        term = entry.getTerm();
        bytes += entry.getData().size() + ENTRY_OVERHEAD_BYTES;
        index = entry.getIndex();
    }

    /** The group is to have these members. */
    void aimAt(ByteString target) throws InvalidProtocolBufferException {
        roster = roster.aimingAt(MemberList.parseFrom(target));
    }

    /** The entry at {@code skipped} is passed over, alike on all replicas. */
    void skipped(long skipped) {
        shared.skipped(skipped);
        index = skipped;
    }

    /** All of it, at this moment. */
    Captured capture(String groupId) {
        Flux<ByteBuffer> ofMachine = machine.snapshot();
        GroupState.Builder group = shared.capture();
        GroupState sessions =
                GroupState.newBuilder().addAllSessions(group.getSessionsList()).build();
        group.clearSessions().setSessionBytes(sessions.getSerializedSize());
        roster.into(group);
        SnapshotMetadata metadata = SnapshotMetadata.newBuilder()
                .setGroupId(groupId)
                .setIndex(index)
                .setTerm(term)
                .setConfState(roster.confState())
                .setGroup(group)
                .build();
        return new Captured(metadata, Flux.defer(() -> pieces(sessions)).concatWith(ofMachine), bytes);
    }

    private static Flux<ByteBuffer> pieces(GroupState sessions) {
        ByteString whole = sessions.toByteString();
        List<ByteBuffer> pieces = new ArrayList<>();
        for (int from = 0; from < whole.size(); from += PIECE_BYTES) {
            pieces.add(whole.substring(from, Math.min(whole.size(), from + PIECE_BYTES))
                    .asReadOnlyByteBuffer());
        }
        return Flux.fromIterable(pieces);
    }

    /** Discards all of it and loads the snapshot; {@code content} signals on the apply thread. */
    Mono<Void> restore(SnapshotMetadata snapshot, Flux<ByteBuffer> content) {
        return Mono.defer(() -> {
            ByteString.Output sessions = ByteString.newOutput();
            long sessionBytes = snapshot.getGroup().getSessionBytes();
            Flux<ByteBuffer> ofMachine = content.handle((buffer, sink) -> split(buffer, sessionBytes, sessions, sink));
            return machine.restore(ofMachine).then(Mono.fromCallable(() -> {
                restored(snapshot, sessions.toByteString());
                return null;
            }));
        });
    }

    private static void split(
            ByteBuffer buffer, long sessionBytes, ByteString.Output sessions, SynchronousSink<ByteBuffer> sink) {
        if (sessions.size() == sessionBytes) {
            sink.next(buffer);
            return;
        }
        byte[] piece = new byte[buffer.remaining()];
        buffer.get(piece);
        sessions.write(piece, 0, piece.length);
        if (sessions.size() > sessionBytes) {
            sink.error(new IllegalStateException("the snapshot's sessions take more than the " + sessionBytes
                    + " bytes that its metadata gives them"));
        }
    }

    private void restored(SnapshotMetadata snapshot, ByteString sessions) throws InvalidProtocolBufferException {
        GroupState group = snapshot.getGroup();
        if (sessions.size() != group.getSessionBytes()) {
            throw new IllegalStateException("the state machine did not read the snapshot at " + snapshot.getIndex()
                    + " to its end: restore() completes once its Flux has");
        }
        shared.restore(group.toBuilder().mergeFrom(sessions).build());
        roster = Roster.of(snapshot.getConfState(), group);
        term = snapshot.getTerm();
        index = snapshot.getIndex();
    }
}
