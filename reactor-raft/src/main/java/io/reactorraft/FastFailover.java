package io.reactorraft;

import io.reactorraft.core.RaftRole;
import io.reactorraft.core.RawNode;
import java.time.Duration;
import java.util.Collection;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;

/**
 * What a follower does once the transport says that its leader's process is gone: it need not wait for its own patience to
 * end. It forgets the leader, so that it gives others its pre-vote, and soon stands for election itself, by an ordinary
 * pre-campaign: one that changes no term unless a majority misses the leader, too (thesis §9.6). So a mistake, one firewall's
 * for instance, costs some messages and nothing else.
 *
 * <p>Members wait for a time that differs by their rank, so that the first one wins before the others ask. Any message
 * of a leader ends it: the core then knows one.
 *
 * <p><b>Threads.</b> Loop only.
 */
final class FastFailover {

    static final Duration FIRST_WAIT = Duration.ofMillis(20);
    static final Duration WAIT_A_RANK = Duration.ofMillis(50);
    static final Duration BETWEEN_ATTEMPTS = Duration.ofMillis(200);
    static final int MAX_ATTEMPTS = 5;

    private final String id;
    private final BooleanSupplier allowed;
    private final Timer timer;
    private long episode;

    /** Has the event happen on the loop after a while; also much later, or never, where the node ends. */
    @FunctionalInterface
    interface Timer {
        void after(Duration wait, Inbox.Event event);
    }

    /** @param allowed whether this node may stand for election before its time; asked at each attempt */
    FastFailover(String id, BooleanSupplier allowed, Timer timer) {
        this.id = id;
        this.allowed = allowed;
        this.timer = timer;
    }

    /** The process that {@code peerId} was is gone. */
    void gone(RawNode core, String peerId, Collection<String> voters) {
        boolean followed = core.role() == RaftRole.FOLLOWER && core.leaderId().equals(peerId);
        if (!followed || !voters.contains(id) || !allowed.getAsBoolean()) {
            return;
        }
        core.forgetLeader();
        TreeSet<String> candidates = new TreeSet<>(voters);
        candidates.remove(peerId);
        int rank = candidates.headSet(id).size();
        long mine = ++episode;
        timer.after(FIRST_WAIT.plus(WAIT_A_RANK.multipliedBy(rank)), later -> attempt(later, mine, 1));
    }

    private void attempt(RawNode core, long which, int number) {
        boolean over = which != episode || !core.leaderId().isEmpty() || !allowed.getAsBoolean();
        if (over) {
            return;
        }
        if (core.role() != RaftRole.CANDIDATE) { // one that has its pre-votes already is not to give them up
            core.campaign();
        }
        if (number < MAX_ATTEMPTS) {
            timer.after(BETWEEN_ATTEMPTS, later -> attempt(later, which, number + 1));
        }
    }
}
