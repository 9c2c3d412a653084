package io.reactorraft;

import io.reactorraft.proto.HelloReply.Verdict;
import io.reactorraft.spi.Transport.Refusal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What peers have against this node, and when it has to go: once it was told that it is removed or wiped, and no leader
 * has said otherwise by leading it. A peer that lags behind may refuse a member that was just added or replaced, which its
 * leader has made welcome; so a leader's word counts for more, and there is time for it. A node that belongs to the group
 * by its own log goes only if somebody refuses it who knows at least as much of the log, since no disk ever comes back, or
 * if most of the other voters do. Who has not read so far that it is a member itself says nothing of how much it knows, and
 * ends nobody: its list is older than its own time in the group.
 *
 * <p>One that has nothing but the first entry, of its own making, may be a founder whose disk was emptied. Where anybody
 * knows of a later generation it has to go, too; and as long as anybody refuses it, or has yet to read who the members
 * are, it has no part in elections: several of its kind would be the majority of another group.
 *
 * <p><b>Threads.</b> Loop only, but for {@link #any}.
 */
final class Refusals {

    /** Whom this node follows it may have forgotten to forget for so many election timeouts: their random part included. */
    private static final int STALE_TIMEOUTS = 3;

    /**
     * For so many election timeouts nobody leads before a refusal counts: after a leader's end an election takes up to two, and
     * until it is over a peer that was started again, and does not know what is committed, may refuse whom it has added.
     */
    private static final int LONELY_TIMEOUTS = 3;

    private final int electionTicks;
    private final Map<String, Held> refusals = new LinkedHashMap<>();
    private final Map<String, Refusal> outweighed = new LinkedHashMap<>();
    private volatile boolean any;

    /** A refusal, for so many ticks so far, and for so many in which nobody led. */
    private record Held(Refusal refusal, int ticks, int ticksAlone) {

        Held after(boolean leaderKnown) {
            return new Held(refusal, ticks + 1, leaderKnown ? 0 : ticksAlone + 1);
        }
    }

    /**
     * How this node sees itself.
     *
     * @param fresh whether it has nothing but the first entry
     * @param member whether its own log has it as a member, by this very disk
     * @param commitIndex up to where it knows that the log is the group's
     * @param otherVoters of its configuration
     */
    record Own(boolean fresh, boolean member, long commitIndex, Set<String> otherVoters) {}

    Refusals(int electionTicks) {
        this.electionTicks = electionTicks;
    }

    void refused(String peerId, Refusal refusal) {
        boolean counts = switch (refusal.verdict()) {
            case REMOVED, WIPED, WRONG_GENERATION, NOT_YET -> true;
            default -> false;
        };
        if (!counts) {
            return;
        }
        Held before = refusals.get(peerId);
        boolean repeated =
                before != null && !refusal.isNotYet() && before.refusal().verdict() == refusal.verdict();
        refusals.put(
                peerId,
                before != null && repeated
                        ? new Held(refusal, before.ticks(), before.ticksAlone())
                        : new Held(refusal, 0, 0));
        any = true;
    }

    void welcomed(String peerId) {
        refusals.remove(peerId);
        outweighed.remove(peerId);
        any = !refusals.isEmpty();
    }

    /** Whether somebody does not make this node welcome, and no leader's word has outweighed that yet. Any thread. */
    boolean any() {
        return any;
    }

    /** By peer, what they went on having against this node although somebody leads it. */
    Map<String, Refusal> outweighed() {
        return outweighed;
    }

    /** Once a tick. What this node has to end for; null: nothing. */
    @Nullable
    Refusal tick(boolean leaderKnown, Own own) {
        refusals.replaceAll((id, held) -> held.after(leaderKnown));
        refusals.entrySet().removeIf(each -> isOver(each.getKey(), each.getValue(), leaderKnown));
        any = !refusals.isEmpty();
        List<Map.Entry<String, Held>> counting = refusals.entrySet().stream()
                .filter(each -> each.getValue().ticksAlone() > LONELY_TIMEOUTS * electionTicks)
                .filter(each -> own.fresh() || !isOfGeneration(each.getValue()))
                .filter(each -> !each.getValue().refusal().isUnfounded())
                .toList();
        if (own.fresh() || !own.member()) {
            return counting.stream()
                    .map(each -> each.getValue().refusal())
                    .findFirst()
                    .orElse(null);
        }
        long voters = counting.stream()
                .filter(each -> own.otherVoters().contains(each.getKey()))
                .count();
        boolean most = voters > own.otherVoters().size() / 2;
        return counting.stream()
                .map(each -> each.getValue().refusal())
                .filter(each -> most || (each.knownIndex() > 0 && each.knownIndex() >= own.commitIndex()))
                .findFirst()
                .orElse(null);
    }

    /** A leader's word outweighs it, or whoever had no verdict yet has not come back with one. */
    private boolean isOver(String peerId, Held held, boolean leaderKnown) {
        if (held.refusal().isNotYet()) {
            return held.ticks() > LONELY_TIMEOUTS * electionTicks;
        }
        boolean outweighs = leaderKnown && held.ticks() > STALE_TIMEOUTS * electionTicks;
        if (outweighs) {
            outweighed.put(peerId, held.refusal());
        }
        return outweighs;
    }

    private static boolean isOfGeneration(Held held) {
        return held.refusal().verdict() == Verdict.WRONG_GENERATION;
    }
}
