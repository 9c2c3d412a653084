package io.reactorraft.core;

import io.reactorraft.proto.Entry;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.SnapshotMetadata;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One batch of what the core wants done, and the order that binds it.
 *
 * <p><b>Plain mode</b> ({@link RawNode#advance} after each): first persist {@code snapshot}, {@code hardState} and
 * {@code entries}, with a sync where {@code mustSync}; only then send {@code messages} (a vote or an acknowledgement must
 * not leave before what it promises is durable, figure 2); apply {@code snapshot}, then {@code committedEntries}.
 *
 * <p><b>Asynchronous storage writes</b>: {@code messages} holds all there is to do. Those to {@link
 * RawNode#APPEND_THREAD} go to the log and those to {@link RawNode#APPLY_THREAD} to the applier, each in order; their
 * {@code responses} are delivered (to peers or to this core) once that work is done. All others are sent at once: what
 * had to wait for the disk is already among the responses. The other fields then only inform, save {@code readStates} and
 * {@code logReads}. Committed entries that are not in memory leave as a message to {@link RawNode#APPLY_THREAD} without
 * entries: the applier reads those from {@code index} to {@code commit}, both included, itself.
 *
 * @param softState leader and role, where either changed
 * @param hardState where term, vote or commit changed
 * @param readStates reads that may be served once their index is applied
 * @param entries to append to the log; a first index at or before the last one replaces the log from there on
 * @param snapshot to install before anything else
 * @param committedEntries to apply, in order
 * @param messages to send, in order
 * @param logReads entries that are wanted and not in memory; each must be answered by {@link RawNode#logRead}, because its
 *     follower is sent nothing until then
 * @param mustSync whether the log write must be durable before it is answered
 */
public record Ready(
        @Nullable SoftState softState,
        @Nullable HardState hardState,
        List<ReadState> readStates,
        List<Entry> entries,
        @Nullable SnapshotMetadata snapshot,
        List<Entry> committedEntries,
        List<Message> messages,
        List<LogRead> logReads,
        boolean mustSync) {}
