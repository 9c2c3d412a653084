package io.reactorraft;

import java.util.List;
import reactor.core.publisher.Flux;

/** Who belongs to the group, and how they are (§6). */
public interface Membership {

    /** The members as applied here. Any thread. */
    List<Member> members();

    /**
     * Every member, this node included, and what this node knows of each: hot, the latest first, at most one a heartbeat and
     * only where something changed; who is slow sees the latest alone. Completes when the node ends; never fails.
     */
    Flux<List<Peer>> peers();
}
