package io.reactorraft.quorum;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.ToLongFunction;

/**
 * A set of voters of which more than half must agree (§5.2, §5.3).
 *
 * <p>The empty set agrees with everything: it wins every vote and commits every index. That is what lets a {@link
 * JointConfig} treat "no second majority" like any other.
 *
 * <p>Immutable; safe for any thread.
 */
public final class MajorityConfig {

    /** What the empty set has committed: all there can ever be. */
    public static final long EVERYTHING = Long.MAX_VALUE;

    /** No voters. */
    public static final MajorityConfig EMPTY = new MajorityConfig(List.of());

    private final List<String> ids;

    private MajorityConfig(List<String> ids) {
        this.ids = ids;
    }

    /** The set of these ids; duplicates count once. */
    public static MajorityConfig of(Collection<String> ids) {
        if (ids.isEmpty()) {
            return EMPTY;
        }
        TreeSet<String> sorted = new TreeSet<>(IdOrder.SHORTER_FIRST);
        sorted.addAll(ids);
        return new MajorityConfig(List.copyOf(sorted));
    }

    /** The voters, in {@link IdOrder}. */
    public List<String> ids() {
        return ids;
    }

    /** How many voters there are. */
    public int size() {
        return ids.size();
    }

    /** Whether there is nobody to ask. */
    public boolean isEmpty() {
        return ids.isEmpty();
    }

    /** Whether this id is one of the voters. */
    public boolean contains(String id) {
        return ids.contains(id);
    }

    /**
     * The highest index that more than half have acknowledged: "a log entry is committed once the leader ... has
     * replicated it on a majority of the servers" (§5.3).
     *
     * @param acknowledged the index each voter has acknowledged; 0 for one that was never heard of
     */
    public long committedIndex(ToLongFunction<String> acknowledged) {
        int voters = ids.size();
        if (voters == 0) {
            return EVERYTHING;
        }
        long[] indexes = new long[voters];
        for (int i = 0; i < voters; i++) {
            indexes[i] = acknowledged.applyAsLong(ids.get(i));
        }
        Arrays.sort(indexes);
        // Sorted upwards, exactly a majority stands at or to the right of this position.
        return indexes[voters - majority()];
    }

    /**
     * What these votes mean.
     *
     * @param votes who granted (true) and who refused (false); absent: not heard yet. Others than the voters are ignored
     */
    public VoteResult voteResult(Map<String, Boolean> votes) {
        if (ids.isEmpty()) {
            return VoteResult.WON;
        }
        int granted = 0;
        int silent = 0;
        for (String id : ids) {
            Boolean vote = votes.get(id);
            if (vote == null) {
                silent++;
            } else if (vote) {
                granted++;
            }
        }
        if (granted >= majority()) {
            return VoteResult.WON;
        }
        return granted + silent >= majority() ? VoteResult.PENDING : VoteResult.LOST;
    }

    private int majority() {
        return ids.size() / 2 + 1;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof MajorityConfig config && ids.equals(config.ids);
    }

    @Override
    public int hashCode() {
        return ids.hashCode();
    }

    /** As in {@code (n1 n2 n3)}. */
    @Override
    public String toString() {
        return "(" + String.join(" ", ids) + ")";
    }
}
