package io.reactorraft.core;

import io.reactorraft.core.Status.PeerProgress;
import io.reactorraft.proto.ConfChangeSingle;
import io.reactorraft.quorum.IdOrder;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A configuration without a node, changed as scripts say (§6). Not for several threads.
 *
 * <p>A change answers with why it was refused, or with nothing where it was made.
 */
public final class ScriptedMembership {

    private static final int MAX_INFLIGHT_MESSAGES = 10;

    private final ProgressTracker tracker = new ProgressTracker(MAX_INFLIGHT_MESSAGES, 0);
    private long lastIndex;

    private interface Step {
        Membership.Change make(Membership membership) throws InvalidChangeException;
    }

    /** A change of at most one voter. */
    public Optional<String> simple(List<ConfChangeSingle> changes) {
        return make(membership -> membership.simple(changes));
    }

    /** Into the joint configuration. */
    public Optional<String> enterJoint(boolean autoLeave, List<ConfChangeSingle> changes) {
        return make(membership -> membership.enterJoint(autoLeave, changes));
    }

    /** Out of it. */
    public Optional<String> leaveJoint() {
        return make(Membership::leaveJoint);
    }

    private Optional<String> make(Step step) {
        try {
            tracker.switchTo(step.make(new Membership(tracker, lastIndex)));
            return Optional.empty();
        } catch (InvalidChangeException e) {
            return Optional.ofNullable(e.getMessage());
        }
    }

    /** One more entry in the log of which this is the configuration. */
    public void growLog() {
        lastIndex++;
    }

    /** As in {@code voters=(1 2)&&(1) learners=(3)}. */
    public String configuration() {
        return tracker.configuration().toString();
    }

    /** By id, in id order. */
    public Map<String, PeerProgress> progress() {
        Map<String, PeerProgress> views = new TreeMap<>(IdOrder.SHORTER_FIRST);
        tracker.progress().forEach((id, progress) -> views.put(id, progress.view()));
        return views;
    }
}
