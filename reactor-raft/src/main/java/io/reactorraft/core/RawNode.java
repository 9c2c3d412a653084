package io.reactorraft.core;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.ConfChangeV2;
import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.Message;
import java.util.List;

/**
 * The door of the core: everything that happens to a node enters here, and everything it wants leaves as a {@link
 * Ready}.
 *
 * <p><b>Thread rule.</b> One thread at a time; the caller owns it. Nothing here blocks.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class RawNode {

    /** The addressee of {@link Ready#messages} that are work for the log. */
    public static final String APPEND_THREAD = "AppendThread";

    /** The addressee of {@link Ready#messages} that are work for the applier. */
    public static final String APPLY_THREAD = "ApplyThread";

    /**
     * A node as its disk has it.
     *
     * @param confState the configuration as of {@code applied}
     * @param applied the index up to which the state machine already is; nothing up to it is delivered again
     */
    public RawNode(CoreConfig config, LogView log, HardState hardState, ConfState confState, long applied) {
        throw new AssertionError("not yet");
    }

    /** One unit of time passes. */
    public void tick() {}

    /** Stands for election now (§5.2), without waiting for the timeout. */
    public void campaign() {}

    /** Appends one normal entry for each; all or none. After TAKEN by a leader they end at {@link #lastIndex}. */
    public StepOutcome propose(List<ByteString> data) {
        throw new AssertionError("not yet");
    }

    /** Proposes a change of the configuration (§6). */
    public StepOutcome proposeConfChange(ConfChangeV2 change) {
        throw new AssertionError("not yet");
    }

    /** Applies a committed change; must be called for each, in order, before its entry is reported applied. */
    public ConfState applyConfChange(ConfChangeV2 change) {
        throw new AssertionError("not yet");
    }

    /** Takes a message from a peer, or a response from a storage thread. */
    public StepOutcome step(Message message) {
        throw new AssertionError("not yet");
    }

    /** Whether {@link #ready} has something to say. */
    public boolean hasReady() {
        return false;
    }

    /** What there is to do; see {@link Ready}. In plain mode {@link #advance} must follow before the next one. */
    public Ready ready() {
        throw new AssertionError("not yet");
    }

    /** Plain mode alone: everything the last Ready asked for is done. */
    public void advance() {}

    /** Asks for a read index (thesis §6.4); the answer comes as a {@link ReadState} with the same context. */
    public StepOutcome readIndex(ByteString context) {
        throw new AssertionError("not yet");
    }

    /** Hands leadership to {@code toId} (thesis §3.10). */
    public void transferLeadership(String toId) {}

    /** Forgets who leads, so that pre-votes can be granted at once. */
    public void forgetLeader() {}

    /** The last message to the peer may be lost. */
    public void reportUnreachable(String peerId) {}

    /** How the snapshot sent to the peer ended. */
    public void reportSnapshot(String peerId, boolean success) {}

    /** Entries that {@link Ready#logReads} asked for. Empty: they could not be read; ask again later. */
    public void logRead(LogRead request, List<Entry> entries) {}

    /** The current term. */
    public long term() {
        return 0;
    }

    /** The current role. */
    public RaftRole role() {
        return RaftRole.FOLLOWER;
    }

    /** Whom this node believes to lead; empty: nobody. */
    public String leaderId() {
        return "";
    }

    /** The last index in the log, durable or not. */
    public long lastIndex() {
        return 0;
    }

    /** The highest index known to be committed. */
    public long commitIndex() {
        return 0;
    }

    /** The highest index reported applied. */
    public long appliedIndex() {
        return 0;
    }

    /** A copy of all there is to know; for people and tests, not for every batch. */
    public Status status() {
        throw new AssertionError("not yet");
    }
}
