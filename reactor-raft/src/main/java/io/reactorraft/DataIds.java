package io.reactorraft;

import io.reactorraft.core.RawNode;
import io.reactorraft.core.StepOutcome;
import io.reactorraft.proto.ConfChangeSingle;
import io.reactorraft.proto.ConfChangeType;
import io.reactorraft.proto.ConfChangeV2;
import io.reactorraft.proto.Member;
import io.reactorraft.proto.MembershipChange;
import java.time.InstantSource;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the log say by which data directory the group knows each member: a leader notes it at first contact. From then on
 * all refuse one that shows another, because an emptied disk has forgotten what it acknowledged.
 *
 * <p>It is a change of the configuration that leaves the quorums as they are. So the core sees to it that a leader has
 * applied every earlier one before it proposes its own: no two leaders note different ids, one over the other.
 *
 * <p><b>Threads.</b> Loop only.
 */
final class DataIds {
    private static final Logger LOG = LoggerFactory.getLogger(DataIds.class);

    private final NodeSettings settings;
    private final MemberDirectory members;
    private final InstantSource clock;
    private long proposedIn;
    private long proposedAt;

    DataIds(NodeSettings settings, MemberDirectory members, InstantSource clock) {
        this.settings = settings;
        this.members = members;
        this.clock = clock;
    }

    /** Once a tick, where this node leads. What is not taken, or loses its leader, is proposed again. */
    void record(RawNode core) {
        List<Member> unrecorded = members.unrecorded();
        boolean underWay = proposedIn == core.term() && core.appliedIndex() < proposedAt;
        if (unrecorded.isEmpty() || underWay) {
            return;
        }
        MembershipChange told = MembershipChange.newBuilder()
                .addAllMembers(unrecorded)
                .setTimeMillis(clock.millis())
                .build();
        ConfChangeV2 change = ConfChangeV2.newBuilder()
                .addChanges(ConfChangeSingle.newBuilder()
                        .setType(ConfChangeType.UPDATE_NODE)
                        .setNodeId(unrecorded.get(0).getId()))
                .setContext(told.toByteString())
                .build();
        if (core.proposeConfChange(change) == StepOutcome.TAKEN) {
            proposedIn = core.term();
            proposedAt = core.lastIndex();
            LOG.info(
                    "{} has the log note the data ids of {}",
                    settings.logPrefix(),
                    unrecorded.stream().map(Member::getId).toList());
        }
    }
}
