package io.reactorraft;

import io.reactorraft.proto.Entry;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.LogStore;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a full disk has refused, until there is room again: at most the entries that a leader has in flight to this node,
 * or that this node appended before it saw that its disk is full; and the latest of each kind of response to each peer.
 *
 * <p>Nothing of it counts as durable, and no response to any of it is given, but for votes: a node whose disk is full can still
 * help others to elect one whose disk is not. Its term and vote are written alone, ahead of the entries; a log that ends
 * there has a term that is too high, never one that is too low. The commit index stays where it is meanwhile: what the disk
 * holds at those indexes may be just what the refused entries were to replace.
 *
 * <p>Loop only.
 */
final class RefusedAppends {

    /** Bytes of entries in one piece when they are tried again. */
    static final int MAX_PIECE_BYTES = 1 << 20;

    private final String groupId;
    private final LogStore log;
    private final TreeMap<Long, LogPiece> fresh = new TreeMap<>(); // as many as may be outstanding
    private LogPiece held = nothing();
    private boolean holds;
    private boolean votesToGive;

    RefusedAppends(String groupId, LogStore log) {
        this.groupId = groupId;
        this.log = log;
    }

    private static LogPiece nothing() {
        return new LogPiece(null, HardState.getDefaultInstance(), List.of(), List.of());
    }

    boolean isEmpty() {
        return !holds;
    }

    boolean hasSnapshot() {
        return held.snapshot() != null;
    }

    /** The piece of that number was refused, or stands behind one that was. */
    void add(long number, LogPiece piece) {
        holds = true;
        fresh.put(number, piece);
    }

    /** Nothing is outstanding any more; these come behind all that was. */
    void gather(Collection<LogPiece> behind) {
        votesToGive |= !fresh.isEmpty() || !behind.isEmpty();
        fresh.values().forEach(held::add);
        fresh.clear();
        behind.forEach(held::add);
        held.keepLatestResponses();
    }

    /** All of it, in order, to be written anew; nothing is left here. */
    List<LogPiece> take() {
        List<LogPiece> parts = split();
        held = nothing();
        holds = false;
        votesToGive = false;
        return parts;
    }

    /** A term and a vote that are not durable yet, with what may be said once they are; null: none. */
    @Nullable
    LogPiece vote() {
        if (!votesToGive) {
            return null;
        }
        HardState durable = log.hardState(groupId);
        HardState wanted = held.hasHardState() ? held.hardState() : durable;
        List<Message> votes = held.responses().stream()
                .filter(response -> isVote(response, wanted.getTerm()))
                .toList();
        boolean known =
                wanted.getTerm() == durable.getTerm() && wanted.getVote().equals(durable.getVote());
        votesToGive = !known || !votes.isEmpty();
        return votesToGive ? new LogPiece(null, committing(wanted, 0), List.of(), votes) : null;
    }

    /** That vote is durable, and told. */
    void voted(LogPiece vote) {
        held.removeResponses(vote.responses());
        votesToGive = false;
    }

    private static boolean isVote(Message response, long durableTerm) {
        return (response.getType() == MessageType.MSG_VOTE_RESPONSE && response.getTerm() <= durableTerm)
                || response.getType() == MessageType.MSG_PRE_VOTE_RESPONSE;
    }

    /** Term and vote as they are, and no more committed than is known to be in the log already. */
    private HardState committing(HardState state, long snapshotIndex) {
        return state.toBuilder()
                .setCommit(Math.max(log.hardState(groupId).getCommit(), snapshotIndex))
                .build();
    }

    /** Only the last part moves the commit index, and only it brings the responses. */
    private List<LogPiece> split() {
        List<LogPiece> parts = new ArrayList<>();
        SnapshotMetadata snapshot = held.snapshot();
        HardState partial = held.hasHardState()
                ? committing(held.hardState(), snapshot == null ? 0 : snapshot.getIndex())
                : held.hardState();
        if (snapshot != null && !held.entries().isEmpty()) {
            parts.add(new LogPiece(snapshot, partial, List.of(), List.of()));
            snapshot = null;
        }
        List<Entry> part = new ArrayList<>();
        long bytes = 0;
        for (Entry entry : held.entries()) {
            if (bytes > 0 && bytes + entry.getData().size() > MAX_PIECE_BYTES) {
                parts.add(new LogPiece(null, partial, part, List.of()));
                part = new ArrayList<>();
                bytes = 0;
            }
            part.add(entry);
            bytes += entry.getData().size();
        }
        parts.add(new LogPiece(snapshot, held.hardState(), part, held.responses()));
        return parts;
    }
}
