package io.reactorraft;

import com.google.protobuf.InvalidProtocolBufferException;
import io.reactorraft.core.RaftRole;
import io.reactorraft.core.RawNode;
import io.reactorraft.proto.ConfChangeV2;
import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.MembershipChange;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies committed changes of the configuration: to the core's quorums, to what is known of the members, and to whom the
 * transport talks. Loop only.
 */
final class Configurations {
    private static final Logger LOG = LoggerFactory.getLogger(Configurations.class);

    private final NodeSettings settings;
    private final NodeServices services;
    private final MemberDirectory members;

    Configurations(NodeSettings settings, NodeServices services, MemberDirectory members) {
        this.settings = settings;
        this.services = services;
        this.members = members;
    }

    boolean selfIsLearner() {
        return members.roster().confState().getLearnersList().contains(settings.id());
    }

    /** Those of both halves, where the configuration is joint. */
    Set<String> voters() {
        ConfState confState = members.roster().confState();
        Set<String> voters = new HashSet<>(confState.getVotersList());
        voters.addAll(confState.getVotersOutgoingList());
        return voters;
    }

    /** Applies these entries, in the order of the log; {@code next} is what all entries so far make of the members. */
    void apply(RawNode core, List<Entry> changes, Roster next) {
        Roster before = members.roster();
        for (Entry entry : changes) {
            try {
                ConfChangeV2 change = Roster.read(entry);
                for (ConfChangeV2 step : before.steps(change, MembershipChange.parseFrom(change.getContext()))) {
                    core.applyConfChange(entry.getIndex(), step);
                }
            } catch (InvalidProtocolBufferException garbled) {
                // every replica sees the same bytes and does the same: nothing
                LOG.warn(
                        "{} ignores the configuration change at index {}, which cannot be read: {}",
                        settings.logPrefix(),
                        entry.getIndex(),
                        garbled.getMessage());
            }
            before = before.after(entry);
        }
        are(next);
    }

    /** The members are these. */
    void are(Roster next) {
        Roster before = members.roster();
        if (before.equals(next)) {
            return;
        }
        members.are(next);
        if (!next.confState().equals(before.confState())) {
            LOG.info(
                    "{} has voters {}, learners {}{}",
                    settings.logPrefix(),
                    next.confState().getVotersList(),
                    next.confState().getLearnersList(),
                    next.isJoint() ? ", joint with voters " + next.confState().getVotersOutgoingList() : "");
        }
        boolean anew = next.generation() > before.generation();
        if (anew) {
            LOG.info(
                    "{} follows generation {} of the group, which left behind: {}",
                    settings.logPrefix(),
                    next.generation(),
                    String.join(", ", next.beginnings().leftBehind().keySet()));
        }
        // those of an earlier generation are dialled by nobody: they are about to be left behind
        if ((anew || !next.members().equals(before.members())) && members.isOfThisGeneration(next)) {
            services.transport().peers(settings.groupId(), next.all());
        }
    }

    /** A group of one has nobody to wait for: it stands for election as soon as it knows that it is one. */
    void leadAlone(RawNode core) {
        ConfState confState = members.roster().confState();
        boolean alone = confState.getVotersCount() == 1
                && confState.getVotersOutgoingCount() == 0
                && confState.getVoters(0).equals(settings.id());
        if (alone && core.role() == RaftRole.FOLLOWER && core.leaderId().isEmpty()) {
            core.campaign();
        }
    }
}
