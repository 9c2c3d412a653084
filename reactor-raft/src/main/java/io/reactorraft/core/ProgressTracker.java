package io.reactorraft.core;

import io.reactorraft.quorum.IdOrder;
import io.reactorraft.quorum.VoteResult;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The configuration in force, with the progress of each of its members and the votes of the current election.
 *
 * <p>Invariant: there is a progress for every voter and every learner, and for nobody else.
 */
final class ProgressTracker {

    private final int maxInflightMessages;
    private final long maxInflightBytes;
    private Configuration configuration = Configuration.EMPTY;
    private NavigableMap<String, Progress> progress = new TreeMap<>(IdOrder.SHORTER_FIRST);
    private final Map<String, Boolean> votes = new HashMap<>();

    /** Made once: the quorum asks for it on every acknowledgement. */
    private final ToLongFunction<String> matchOf = this::match;

    /** {@code maxInflightBytes} 0: no limit. */
    ProgressTracker(int maxInflightMessages, long maxInflightBytes) {
        this.maxInflightMessages = maxInflightMessages;
        this.maxInflightBytes = maxInflightBytes;
    }

    Configuration configuration() {
        return configuration;
    }

    /** In {@link IdOrder}. */
    SortedMap<String, Progress> progress() {
        return Collections.unmodifiableSortedMap(progress);
    }

    @Nullable
    Progress progress(String id) {
        return progress.get(id);
    }

    /** Puts a changed configuration in force. */
    void switchTo(Membership.Change change) {
        configuration = change.configuration();
        progress = new TreeMap<>(change.progress());
    }

    /** With the same limits and no members. */
    ProgressTracker emptyCopy() {
        return new ProgressTracker(maxInflightMessages, maxInflightBytes);
    }

    Inflights newInflights() {
        return new Inflights(maxInflightMessages, maxInflightBytes);
    }

    /**
     * A new term: nothing is known of anybody. "When a leader first comes to power, it initializes all nextIndex values
     * to the index just after the last one in its log" (§5.3).
     */
    void reset(String selfId, long lastIndex) {
        votes.clear();
        progress.replaceAll((id, old) ->
                new Progress(id.equals(selfId) ? lastIndex : 0, lastIndex + 1, newInflights(), old.isLearner()));
    }

    /** The highest index that a quorum holds. */
    long committedIndex() {
        return configuration.voters().committedIndex(matchOf);
    }

    private long match(String id) {
        Progress known = progress.get(id);
        return known == null ? 0 : known.match();
    }

    /** Whether a quorum was heard of since the last check. */
    boolean isQuorumActive() {
        Map<String, Boolean> active = new HashMap<>();
        progress.forEach((id, known) -> {
            if (!known.isLearner()) {
                active.put(id, known.recentActive());
            }
        });
        return configuration.voters().voteResult(active) == VoteResult.WON;
    }

    void resetVotes() {
        votes.clear();
    }

    /** The first answer of each counts: "each server will vote for at most one candidate in a given term" (§5.2). */
    VoteResult recordVote(String id, boolean granted) {
        votes.putIfAbsent(id, granted);
        return configuration.voters().voteResult(votes);
    }
}
