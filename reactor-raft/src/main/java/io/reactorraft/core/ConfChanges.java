package io.reactorraft.core;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.reactorraft.proto.ConfChange;
import io.reactorraft.proto.ConfChangeSingle;
import io.reactorraft.proto.ConfChangeTransition;
import io.reactorraft.proto.ConfChangeV2;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.EntryType;

/** Changes of the configuration as entries carry them, and which way each goes. */
final class ConfChanges {

    /** Of no size, so that no limit ever refuses it: leave the joint configuration. */
    static final Entry LEAVE_JOINT =
            Entry.newBuilder().setType(EntryType.ENTRY_CONF_CHANGE_V2).build();

    private ConfChanges() {}

    static boolean isConfChange(Entry entry) {
        return entry.getType() != EntryType.ENTRY_NORMAL;
    }

    /** The change in an entry, of either form; fails where the data is none. */
    static ConfChangeV2 decode(Entry entry) throws InvalidChangeException {
        try {
            ByteString data = entry.getData();
            switch (entry.getType()) {
                case ENTRY_CONF_CHANGE -> {
                    return toV2(ConfChange.parseFrom(data));
                }
                case ENTRY_CONF_CHANGE_V2 -> {
                    return ConfChangeV2.parseFrom(data);
                }
                default -> throw new InvalidChangeException("no configuration change: " + entry.getType());
            }
        } catch (InvalidProtocolBufferException malformed) {
            throw new InvalidChangeException("malformed configuration change: " + malformed.getMessage());
        }
    }

    static boolean isReadable(Entry entry) {
        try {
            decode(entry);
            return true;
        } catch (InvalidChangeException malformed) {
            return false;
        }
    }

    private static ConfChangeV2 toV2(ConfChange change) {
        return ConfChangeV2.newBuilder()
                .addChanges(ConfChangeSingle.newBuilder()
                        .setTypeValue(change.getTypeValue())
                        .setNodeId(change.getNodeId()))
                .setContext(change.getContext())
                .build();
    }

    /** What the change makes of the configuration in force. */
    static Membership.Change apply(ConfChangeV2 change, Membership membership) throws InvalidChangeException {
        ConfChangeTransition transition = change.getTransition();
        boolean automatic = transition == ConfChangeTransition.TRANSITION_AUTO;
        if (automatic && change.getChangesCount() == 0) {
            return membership.leaveJoint();
        }
        if (automatic && change.getChangesCount() == 1) {
            return membership.simple(change.getChangesList());
        }
        switch (transition) {
            case TRANSITION_AUTO, TRANSITION_JOINT_IMPLICIT -> {
                return membership.enterJoint(true, change.getChangesList());
            }
            case TRANSITION_JOINT_EXPLICIT -> {
                return membership.enterJoint(false, change.getChangesList());
            }
            default -> throw new InvalidChangeException("unknown transition " + change.getTransitionValue());
        }
    }
}
