package io.reactorraft;

import io.reactorraft.proto.Entry;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import io.reactorraft.spi.LogStore;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a full disk has refused, until there is room again: at most the entries that a leader has in flight to this node,
 * and what this node itself appended before it saw that its disk is full.
 *
 * <p>Nothing of it counts as durable, and no response to any of it is given, but for votes: a node whose disk is full can still
 * help others to elect one whose disk is not. Its term and vote are written alone, ahead of the entries; a log that ends
 * there has a term that is too high, never one that is too low.
 *
 * <p>Loop only.
 */
final class RefusedAppends {

    /** Bytes of entries in one piece when they are tried again. */
    static final int MAX_PIECE_BYTES = 1 << 20;

    private final String groupId;
    private final LogStore log;
    private final TreeMap<Long, LogPiece> pieces = new TreeMap<>();
    private long last;

    RefusedAppends(String groupId, LogStore log) {
        this.groupId = groupId;
        this.log = log;
    }

    boolean isEmpty() {
        return pieces.isEmpty();
    }

    /** The piece of that number was refused, or stands behind one that was. */
    void add(long number, LogPiece piece) {
        pieces.put(number, piece);
        last = Math.max(last, number);
    }

    /** What comes behind all of them. */
    void addLast(LogPiece piece) {
        pieces.put(++last, piece);
    }

    /** All of it, in order, to be written anew; nothing is left here. */
    List<LogPiece> take() {
        LogPiece all = together();
        pieces.clear();
        last = 0;
        return split(all);
    }

    /** A term and a vote that are not durable yet, with what may be said once they are; null: none. */
    @Nullable
    LogPiece vote() {
        LogPiece all = together();
        HardState durable = log.hardState(groupId);
        HardState wanted = all.hardState();
        List<Message> votes = all.responses().stream()
                .filter(response -> isVote(response, wanted.getTerm()))
                .toList();
        boolean news = wanted.getTerm() > durable.getTerm()
                || (wanted.getTerm() == durable.getTerm() && !wanted.getVote().equals(durable.getVote()));
        return !all.hasHardState() || (!news && votes.isEmpty())
                ? null
                : new LogPiece(committingUpTo(wanted, log.view(groupId).lastIndex()), List.of(), votes);
    }

    /** That vote is durable, and told. */
    void voted(LogPiece vote) {
        LogPiece all = together();
        List<Message> left = new ArrayList<>(all.responses());
        left.removeAll(vote.responses());
        pieces.clear();
        pieces.put(last, new LogPiece(all.hardState(), all.entries(), left));
    }

    private static boolean isVote(Message response, long durableTerm) {
        return (response.getType() == MessageType.MSG_VOTE_RESPONSE && response.getTerm() <= durableTerm)
                || response.getType() == MessageType.MSG_PRE_VOTE_RESPONSE;
    }

    /** The commit index must not run ahead of the log, and cannot go back. */
    private HardState committingUpTo(HardState state, long index) {
        long commit = Math.max(log.hardState(groupId).getCommit(), Math.min(state.getCommit(), index));
        return state.toBuilder().setCommit(commit).build();
    }

    private LogPiece together() {
        LogPiece all = new LogPiece(HardState.getDefaultInstance(), List.of(), List.of());
        pieces.values().forEach(all::add);
        return all;
    }

    /** The responses belong to the last part; until that one no commit index runs ahead of its entries. */
    private List<LogPiece> split(LogPiece all) {
        List<LogPiece> parts = new ArrayList<>();
        List<Entry> part = new ArrayList<>();
        long bytes = 0;
        for (Entry entry : all.entries()) {
            if (bytes > 0 && bytes + entry.getData().size() > MAX_PIECE_BYTES) {
                parts.add(new LogPiece(partial(all, part), part, List.of()));
                part = new ArrayList<>();
                bytes = 0;
            }
            part.add(entry);
            bytes += entry.getData().size();
        }
        parts.add(new LogPiece(all.hardState(), part, all.responses()));
        return parts;
    }

    private HardState partial(LogPiece all, List<Entry> part) {
        return all.hasHardState()
                ? committingUpTo(all.hardState(), part.get(part.size() - 1).getIndex())
                : all.hardState();
    }
}
