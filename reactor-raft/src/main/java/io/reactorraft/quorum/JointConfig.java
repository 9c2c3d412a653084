package io.reactorraft.quorum;

import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.ToLongFunction;

/**
 * The voters of a group: one majority, or two at once while the configuration changes.
 *
 * <p>"Agreement (for elections and entry commitment) requires separate majorities from both the old and new
 * configurations" (§6).
 *
 * @param incoming the voters that remain once a change is complete
 * @param outgoing the voters before it; empty unless the configuration is joint
 */
public record JointConfig(MajorityConfig incoming, MajorityConfig outgoing) {

    /** Nobody. */
    public static final JointConfig EMPTY = new JointConfig(MajorityConfig.EMPTY, MajorityConfig.EMPTY);

    /** Whether two majorities must agree. */
    public boolean isJoint() {
        return !outgoing.isEmpty();
    }

    /** Whether this id votes in either half. */
    public boolean contains(String id) {
        return incoming.contains(id) || outgoing.contains(id);
    }

    /** Everybody who votes in either half, in {@link IdOrder}. */
    public List<String> ids() {
        if (outgoing.isEmpty()) {
            return incoming.ids();
        }
        TreeSet<String> both = new TreeSet<>(IdOrder.SHORTER_FIRST);
        both.addAll(incoming.ids());
        both.addAll(outgoing.ids());
        return List.copyOf(both);
    }

    /** The highest index that both majorities have committed; see {@link MajorityConfig#committedIndex}. */
    public long committedIndex(ToLongFunction<String> acknowledged) {
        return Math.min(incoming.committedIndex(acknowledged), outgoing.committedIndex(acknowledged));
    }

    /** Won where both majorities won, lost where either lost; see {@link MajorityConfig#voteResult}. */
    public VoteResult voteResult(Map<String, Boolean> votes) {
        VoteResult ofIncoming = incoming.voteResult(votes);
        VoteResult ofOutgoing = outgoing.voteResult(votes);
        if (ofIncoming == ofOutgoing) {
            return ofIncoming;
        }
        return ofIncoming == VoteResult.LOST || ofOutgoing == VoteResult.LOST ? VoteResult.LOST : VoteResult.PENDING;
    }

    /** As in {@code (n1 n2)}, joint as in {@code (n1 n2)&&(n3)}. */
    @Override
    public String toString() {
        return isJoint() ? incoming + "&&" + outgoing : incoming.toString();
    }
}
