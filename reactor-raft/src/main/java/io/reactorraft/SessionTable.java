package io.reactorraft;

import io.reactorraft.proto.Session;
import io.reactorraft.proto.SessionOutcome;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The open sessions, and what became of their latest commands, so that a command that is proposed again is not applied
 * again (§8: "the state machine tracks the latest serial number processed for each client, along with the associated
 * response").
 *
 * <p>A function of the log alone: times are those of the entries, limits come with the replicated settings. A session
 * ends when it is closed or when its last use is longer ago than the timeout. One keeps at most {@link #MAX_OUTCOMES}
 * outcomes, and all together {@link #MAX_OUTCOME_BYTES}: beyond it the sessions that were used least recently end.
 *
 * <p><b>Threads.</b> Apply thread only.
 */
final class SessionTable {

    /** Outcomes kept for one session: also how many of its commands a caller may have in question. */
    static final int MAX_OUTCOMES = 256;

    /** Bytes of outcomes that all sessions together may keep. */
    static final long MAX_OUTCOME_BYTES = 64L << 20;

    private final LinkedHashMap<Long, Open> sessions = new LinkedHashMap<>(); // the least recently used first
    private long outcomeBytes;

    private static final class Open {
        long lastUsedMillis;
        long lastSequence;
        long settled;
        final ArrayDeque<SessionOutcome> outcomes = new ArrayDeque<>();
    }

    /** What is known of a command before it is applied. */
    enum Standing {
        /** To be applied now. */
        FRESH,
        /** Applied before: {@link #outcome} tells what became of it. */
        KNOWN,
        /** The session is over, or the sequence so old that nobody can tell. */
        EXPIRED
    }

    int size() {
        return sessions.size();
    }

    /** Ends sessions that nobody has used for longer than the timeout. */
    void expire(long nowMillis, long timeoutMillis) {
        for (Iterator<Open> each = sessions.values().iterator(); each.hasNext(); ) {
            Open session = each.next();
            if (nowMillis - session.lastUsedMillis <= timeoutMillis) {
                return;
            }
            forget(session);
            each.remove();
        }
    }

    /** A session is opened by the entry at this index; false where there are too many. */
    boolean open(long id, long nowMillis, int maxSessions) {
        if (sessions.size() >= maxSessions) {
            return false;
        }
        Open session = new Open();
        session.lastUsedMillis = nowMillis;
        sessions.put(id, session);
        return true;
    }

    void close(long id) {
        Open session = sessions.remove(id);
        if (session != null) {
            forget(session);
        }
    }

    private void forget(Open session) {
        session.outcomes.forEach(each -> outcomeBytes -= each.getSerializedSize());
        session.outcomes.clear();
    }

    /** The session is used, by a caller who knows the outcome of all sequences up to {@code settled}. */
    Standing use(long id, long sequence, long settled, long nowMillis) {
        Open session = sessions.remove(id);
        if (session == null) {
            return Standing.EXPIRED;
        }
        sessions.put(id, session);
        session.lastUsedMillis = Math.max(session.lastUsedMillis, nowMillis);
        session.settled = Math.max(session.settled, settled);
        dropSettled(session);
        if (outcome(session, sequence) != null) {
            return Standing.KNOWN;
        }
        return sequence <= session.settled ? Standing.EXPIRED : Standing.FRESH;
    }

    private void dropSettled(Open session) {
        session.outcomes.removeIf(each -> {
            boolean gone = each.getSequence() <= session.settled;
            if (gone) {
                outcomeBytes -= each.getSerializedSize();
            }
            return gone;
        });
    }

    /** What became of a command, or null where nothing is known. */
    @Nullable
    SessionOutcome outcome(long id, long sequence) {
        Open session = sessions.get(id);
        return session == null ? null : outcome(session, sequence);
    }

    private static @Nullable SessionOutcome outcome(Open session, long sequence) {
        for (SessionOutcome each : session.outcomes) {
            if (each.getSequence() == sequence) {
                return each;
            }
        }
        return null;
    }

    /** Keeps what became of a command that {@link #use} called fresh. */
    void keep(long id, SessionOutcome outcome) {
        Open session = sessions.get(id);
        if (session == null) {
            return;
        }
        session.lastSequence = Math.max(session.lastSequence, outcome.getSequence());
        session.settled = Math.max(session.settled, session.lastSequence - MAX_OUTCOMES);
        dropSettled(session);
        session.outcomes.add(outcome);
        outcomeBytes += outcome.getSerializedSize();
        Iterator<Map.Entry<Long, Open>> eldest = sessions.entrySet().iterator();
        while (outcomeBytes > MAX_OUTCOME_BYTES && eldest.hasNext()) {
            Map.Entry<Long, Open> victim = eldest.next();
            if (victim.getKey() != id) {
                forget(victim.getValue());
                eldest.remove();
            }
        }
    }

    /** Everything, for a snapshot. */
    List<Session> capture() {
        List<Session> all = new ArrayList<>(sessions.size());
        sessions.forEach((id, session) -> all.add(Session.newBuilder()
                .setId(id)
                .setLastUsedMillis(session.lastUsedMillis)
                .setLastSequence(session.lastSequence)
                .setSettled(session.settled)
                .addAllOutcomes(session.outcomes)
                .build()));
        return all;
    }

    /** Everything as a snapshot has it, instead of what is here. */
    void restore(List<Session> captured) {
        sessions.clear();
        outcomeBytes = 0;
        for (Session each : captured) {
            Open session = new Open();
            session.lastUsedMillis = each.getLastUsedMillis();
            session.lastSequence = each.getLastSequence();
            session.settled = each.getSettled();
            session.outcomes.addAll(each.getOutcomesList());
            each.getOutcomesList().forEach(outcome -> outcomeBytes += outcome.getSerializedSize());
            sessions.put(each.getId(), session);
        }
    }
}
