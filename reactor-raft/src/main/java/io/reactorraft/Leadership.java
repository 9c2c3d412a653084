package io.reactorraft;

import org.jspecify.annotations.Nullable;

/**
 * Who leads, as one node sees it.
 *
 * <p>The term is a fencing token: it never falls, and no two leaders share one. Whoever acts outside the group because
 * it leads should hand the term along, so that the other side can refuse an older one.
 *
 * @param term the node's current term
 * @param role this node's own part
 * @param leaderId whom this node believes to lead; null: nobody
 */
public record Leadership(
        String groupId, long term, Role role, @Nullable String leaderId) {

    /** Whether this node leads and is caught up. */
    public boolean leading() {
        return role == Role.LEADER;
    }
}
