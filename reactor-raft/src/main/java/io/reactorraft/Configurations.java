package io.reactorraft;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.reactorraft.core.RaftRole;
import io.reactorraft.core.RawNode;
import io.reactorraft.proto.ConfChange;
import io.reactorraft.proto.ConfChangeSingle;
import io.reactorraft.proto.ConfChangeV2;
import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.EntryType;
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
    private ConfState confState = ConfState.getDefaultInstance();

    Configurations(NodeSettings settings, NodeServices services, MemberDirectory members) {
        this.settings = settings;
        this.services = services;
        this.members = members;
    }

    boolean selfIsLearner() {
        return confState.getLearnersList().contains(settings.id());
    }

    /** Those of both halves, where the configuration is joint. */
    Set<String> voters() {
        Set<String> voters = new HashSet<>(confState.getVotersList());
        voters.addAll(confState.getVotersOutgoingList());
        return voters;
    }

    /** Applies these entries, in the order of the log. */
    void apply(RawNode core, List<Entry> changes) {
        for (Entry entry : changes) {
            try {
                apply(core, entry.getIndex(), read(entry));
            } catch (InvalidProtocolBufferException garbled) {
                // every replica sees the same bytes and does the same: nothing
                LOG.warn(
                        "{} ignores the configuration change at index {}, which cannot be read: {}",
                        settings.logPrefix(),
                        entry.getIndex(),
                        garbled.getMessage());
            }
        }
        if (!changes.isEmpty()) {
            LOG.info(
                    "{} has voters {}, learners {}",
                    settings.logPrefix(),
                    confState.getVotersList(),
                    confState.getLearnersList());
            services.transport().peers(settings.groupId(), members.wire());
        }
    }

    private void apply(RawNode core, long index, ConfChangeV2 change) throws InvalidProtocolBufferException {
        MembershipChange told = MembershipChange.parseFrom(change.getContext());
        if (told.getGenesis().isEmpty()) {
            confState = core.applyConfChange(index, change);
        } else {
            // the first members come one by one: a group of none cannot become many in one step
            for (ConfChangeSingle first : change.getChangesList()) {
                confState = core.applyConfChange(
                        index, ConfChangeV2.newBuilder().addChanges(first).build());
            }
        }
        members.apply(confState, told);
    }

    private static ConfChangeV2 read(Entry entry) throws InvalidProtocolBufferException {
        ByteString data = entry.getData();
        if (entry.getType() == EntryType.ENTRY_CONF_CHANGE_V2) {
            return ConfChangeV2.parseFrom(data);
        }
        ConfChange older = ConfChange.parseFrom(data);
        return ConfChangeV2.newBuilder()
                .addChanges(
                        ConfChangeSingle.newBuilder().setType(older.getType()).setNodeId(older.getNodeId()))
                .setContext(older.getContext())
                .build();
    }

    /** A group of one has nobody to wait for: it stands for election as soon as it knows that it is one. */
    void leadAlone(RawNode core) {
        boolean alone = confState.getVotersCount() == 1
                && confState.getVotersOutgoingCount() == 0
                && confState.getVoters(0).equals(settings.id());
        if (alone && core.role() == RaftRole.FOLLOWER && core.leaderId().isEmpty()) {
            core.campaign();
        }
    }
}
