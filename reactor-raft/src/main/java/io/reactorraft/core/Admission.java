package io.reactorraft.core;

import io.reactorraft.proto.Entry;
import io.reactorraft.proto.EntryType;
import io.reactorraft.proto.Message;
import java.util.List;

/**
 * What may come in. Peers run other versions, or other programs, or mean harm: nothing they send may break this node, so
 * all that the rest of the core relies on is checked here, once.
 *
 * <p>Who sent a message cannot be checked here: that {@code from} is true is the transport's promise.
 */
final class Admission {

    /** No term, index or commit is higher: there is always room for what is counted from here. */
    static final long HIGHEST_NUMBER = 1L << 62;

    private final NodeState node;
    private final RaftLog log;
    private final ProgressTracker tracker;

    Admission(NodeState node, RaftLog log, ProgressTracker tracker) {
        this.node = node;
        this.log = log;
        this.tracker = tracker;
    }

    boolean admits(Message message) {
        boolean misaddressed = !message.getTo().isEmpty() && !node.isSelf(message.getTo());
        return !misaddressed && areNumbersSane(message) && isFromTheRightSide(message) && isWellFormed(message);
    }

    private static boolean areNumbersSane(Message message) {
        return isSane(message.getTerm())
                && isSane(message.getLogTerm())
                && isSane(message.getIndex())
                && isSane(message.getCommit())
                && isSane(message.getRejectHint())
                && isSane(message.getKnownCommit())
                && isSane(message.getKnownCommitTerm());
    }

    private static boolean isSane(long number) {
        return number >= 0 && number <= HIGHEST_NUMBER;
    }

    private boolean isFromTheRightSide(Message message) {
        String from = message.getFrom();
        switch (message.getType()) {
            case MSG_STORAGE_APPEND_RESPONSE -> {
                return from.equals(RawNode.APPEND_THREAD);
            }
            case MSG_STORAGE_APPLY_RESPONSE -> {
                return from.equals(RawNode.APPLY_THREAD);
            }
            // Answers of members alone, so that nothing is kept of others. The node's own disk answers, too: what it
            // has
            // voted and appended itself.
            case MSG_VOTE_RESPONSE, MSG_PRE_VOTE_RESPONSE -> {
                return isMember(from);
            }
            case MSG_APPEND_RESPONSE -> {
                return isMember(from) && !(node.isSelf(from) && message.getReject());
            }
            case MSG_HEARTBEAT_RESPONSE, MSG_READ_INDEX_RESPONSE -> {
                return isMember(from) && isPeer(from);
            }
            case MSG_PROPOSE, MSG_READ_INDEX, MSG_TRANSFER_LEADER -> {
                return isPeer(from) || node.isSelf(from);
            }
            case MSG_APPEND, MSG_VOTE, MSG_PRE_VOTE, MSG_SNAPSHOT, MSG_HEARTBEAT, MSG_TIMEOUT_NOW -> {
                return isPeer(from);
            }
            default -> {
                // Local, or unknown to this version.
                return false;
            }
        }
    }

    private boolean isMember(String id) {
        return tracker.progress(id) != null;
    }

    private boolean isPeer(String id) {
        return !id.isEmpty() && !node.isSelf(id) && !RawNode.isStorageThread(id);
    }

    private boolean isWellFormed(Message message) {
        switch (message.getType()) {
            case MSG_PROPOSE -> {
                return message.getTerm() == 0 && message.getEntriesCount() > 0 && areTypesKnown(message);
            }
            case MSG_READ_INDEX -> {
                return message.getTerm() == 0 && message.getEntriesCount() == 1;
            }
            case MSG_STORAGE_APPLY_RESPONSE -> {
                return message.getTerm() == 0;
            }
            case MSG_READ_INDEX_RESPONSE -> {
                return message.getTerm() > 0 && message.getEntriesCount() == 1;
            }
            case MSG_APPEND -> {
                return message.getTerm() > 0 && areEntriesInLine(message) && areChangesReadable(message);
            }
            case MSG_HEARTBEAT -> {
                // A leader says no more than what is known to match; if we have lost that, following is not safe.
                boolean stale = message.getTerm() < node.term();
                return message.getTerm() > 0 && (stale || message.getCommit() <= log.lastIndex());
            }
            case MSG_SNAPSHOT -> {
                return isSnapshotSane(message);
            }
            case MSG_STORAGE_APPEND_RESPONSE -> {
                return message.getTerm() <= node.term();
            }
            default -> {
                return message.getTerm() > 0;
            }
        }
    }

    private static boolean areTypesKnown(Message message) {
        List<Entry> entries = message.getEntriesList();
        for (int i = 0; i < entries.size(); i++) {
            if (entries.get(i).getType() == EntryType.UNRECOGNIZED) {
                return false;
            }
        }
        return true;
    }

    /** What a leader appends must be applied by everybody in the same way: not at all is no way. */
    private static boolean areChangesReadable(Message message) {
        List<Entry> entries = message.getEntriesList();
        for (int i = 0; i < entries.size(); i++) {
            if (ConfChanges.isConfChange(entries.get(i)) && !ConfChanges.isReadable(entries.get(i))) {
                return false;
            }
        }
        return true;
    }

    /** Indexes follow one another, terms never fall, and none is beyond the leader's own. */
    private static boolean areEntriesInLine(Message message) {
        long index = message.getIndex();
        long term = message.getLogTerm();
        List<Entry> entries = message.getEntriesList();
        for (int i = 0; i < entries.size(); i++) {
            Entry entry = entries.get(i);
            if (entry.getIndex() != ++index || entry.getTerm() < term || entry.getTerm() == 0) {
                return false;
            }
            term = entry.getTerm();
        }
        return term <= message.getTerm();
    }

    private static boolean isSnapshotSane(Message message) {
        long index = message.getSnapshot().getIndex();
        long term = message.getSnapshot().getTerm();
        return message.getTerm() > 0 && index > 0 && index <= HIGHEST_NUMBER && term > 0 && term <= message.getTerm();
    }
}
