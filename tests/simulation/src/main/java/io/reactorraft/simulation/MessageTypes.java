package io.reactorraft.simulation;

import io.reactorraft.proto.MessageType;
import java.util.EnumMap;
import java.util.Map;

/** What the scripts call the types of messages. */
final class MessageTypes {

    private static final Map<MessageType, String> NAMES = new EnumMap<>(Map.ofEntries(
            Map.entry(MessageType.MSG_HUP, "MsgHup"),
            Map.entry(MessageType.MSG_BEAT, "MsgBeat"),
            Map.entry(MessageType.MSG_UNREACHABLE, "MsgUnreachable"),
            Map.entry(MessageType.MSG_SNAPSHOT_STATUS, "MsgSnapStatus"),
            Map.entry(MessageType.MSG_CHECK_QUORUM, "MsgCheckQuorum"),
            Map.entry(MessageType.MSG_FORGET_LEADER, "MsgForgetLeader"),
            Map.entry(MessageType.MSG_STORAGE_APPEND, "MsgStorageAppend"),
            Map.entry(MessageType.MSG_STORAGE_APPEND_RESPONSE, "MsgStorageAppendResp"),
            Map.entry(MessageType.MSG_STORAGE_APPLY, "MsgStorageApply"),
            Map.entry(MessageType.MSG_STORAGE_APPLY_RESPONSE, "MsgStorageApplyResp"),
            Map.entry(MessageType.MSG_PROPOSE, "MsgProp"),
            Map.entry(MessageType.MSG_APPEND, "MsgApp"),
            Map.entry(MessageType.MSG_APPEND_RESPONSE, "MsgAppResp"),
            Map.entry(MessageType.MSG_VOTE, "MsgVote"),
            Map.entry(MessageType.MSG_VOTE_RESPONSE, "MsgVoteResp"),
            Map.entry(MessageType.MSG_PRE_VOTE, "MsgPreVote"),
            Map.entry(MessageType.MSG_PRE_VOTE_RESPONSE, "MsgPreVoteResp"),
            Map.entry(MessageType.MSG_SNAPSHOT, "MsgSnap"),
            Map.entry(MessageType.MSG_HEARTBEAT, "MsgHeartbeat"),
            Map.entry(MessageType.MSG_HEARTBEAT_RESPONSE, "MsgHeartbeatResp"),
            Map.entry(MessageType.MSG_TRANSFER_LEADER, "MsgTransferLeader"),
            Map.entry(MessageType.MSG_TIMEOUT_NOW, "MsgTimeoutNow"),
            Map.entry(MessageType.MSG_READ_INDEX, "MsgReadIndex"),
            Map.entry(MessageType.MSG_READ_INDEX_RESPONSE, "MsgReadIndexResp")));

    private MessageTypes() {}

    static String print(MessageType type) {
        return NAMES.getOrDefault(type, type.name());
    }

    static MessageType parse(String name) throws CommandException {
        return NAMES.entrySet().stream()
                .filter(entry -> entry.getValue().equals(name))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseThrow(() -> new CommandException("unknown message type " + name));
    }
}
