package io.reactorraft;

import com.google.protobuf.InvalidProtocolBufferException;
import io.reactorraft.proto.GroupSettings;
import io.reactorraft.proto.GroupState;
import io.reactorraft.proto.Payload;
import org.jspecify.annotations.Nullable;

/**
 * All that every replica holds equal beside the application's own state, as far as the applier keeps it: time, settings,
 * sessions, and which entries are passed over. A function of the log; {@link #capture} and {@link #restore} take it through
 * snapshots.
 *
 * <p><b>Threads.</b> Apply thread only, but for {@link #settings}.
 */
final class SharedState {
    private final SessionTable sessions = new SessionTable();
    private volatile SharedSettings settings = SharedSettings.AT_FIRST;
    private long timeMillis;
    private int rulesVersion;
    private long skippedIndex;
    private long rejectedUntil;
    private long rejectedTerm;

    SessionTable sessions() {
        return sessions;
    }

    /** The settings in force. Any thread. */
    SharedSettings settings() {
        return settings;
    }

    /** The time of the entries applied so far, milliseconds since 1970: where a new leader's clock is behind, it stands. */
    long timeMillis() {
        return timeMillis;
    }

    /** An entry is about to be applied. */
    void entered(Payload entry) {
        timeMillis = Math.max(timeMillis, entry.getTimeMillis());
        rulesVersion = entry.getRulesVersion();
        sessions.expire(timeMillis, settings.sessionTimeout().toMillis());
    }

    /** Applies an entry of the runtime's own kinds. Null: done; else why not, alike on every replica. */
    RaftException.@Nullable Rejected apply(Payload entry, long index) throws InvalidProtocolBufferException {
        switch (entry.getKind()) {
            case SESSION_OPEN -> {
                int limit = settings.maxSessions();
                if (!sessions.open(index, timeMillis, limit)) {
                    return new RaftException.Rejected(
                            "the group has maxSessions=" + limit + " sessions open: close some, or let them expire");
                }
            }
            case SESSION_CLOSE -> sessions.close(entry.getSessionId());
            case SETTING -> settings = settings.changedBy(GroupSettings.parseFrom(entry.getBody()));
            case SKIP -> passedOver(entry.getSkippedIndex(), index);
            default -> throw new IllegalStateException("a payload of a newer kind: " + entry.getKindValue());
        }
        return null;
    }

    /** The entry that frees others is applied in its turn. Whoever did not pass over that index differs from them. */
    private void passedOver(long skipped, long index) {
        if (skipped < index && skipped > skippedIndex) {
            throw new IllegalStateException("the group passes over index " + skipped
                    + ", which was applied here: the state of this member differs, replace it");
        }
    }

    /** The poison entry at this index is passed over. */
    void skipped(long index) {
        skippedIndex = index;
    }

    /** This entry was rejected, and with it so many right behind it. */
    void rejected(long term, long index, int followers) {
        if (followers > 0) {
            rejectedTerm = term;
            rejectedUntil = index + followers;
        }
    }

    /**
     * Whether the entry follows a rejected one of its stream. Of the same term, because another leader's entries may have
     * taken the place of those behind.
     */
    boolean followsRejected(long term, long index) {
        return index <= rejectedUntil && term == rejectedTerm;
    }

    GroupState.Builder capture() {
        return GroupState.newBuilder()
                .setTimeMillis(timeMillis)
                .setRulesVersion(rulesVersion)
                .setSettings(settings.toProto())
                .addAllSessions(sessions.capture())
                .setSkippedIndex(skippedIndex)
                .setRejectedUntil(rejectedUntil)
                .setRejectedTerm(rejectedTerm);
    }

    void restore(GroupState captured) {
        timeMillis = captured.getTimeMillis();
        rulesVersion = captured.getRulesVersion();
        settings = SharedSettings.AT_FIRST.changedBy(captured.getSettings());
        sessions.restore(captured.getSessionsList());
        skippedIndex = captured.getSkippedIndex();
        rejectedUntil = captured.getRejectedUntil();
        rejectedTerm = captured.getRejectedTerm();
    }
}
