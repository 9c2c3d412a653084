package io.reactorraft.simulation;

import com.google.protobuf.InvalidProtocolBufferException;
import io.reactorraft.proto.ConfChange;
import io.reactorraft.proto.ConfChangeV2;
import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.SnapshotMetadata;
import java.util.List;
import java.util.stream.Collectors;

/** Messages and entries in the form of the scripts. */
final class MessagePrinter {

    private static final String STEP = "  ";

    private MessagePrinter() {}

    /** As in {@code 1->2 MsgApp Term:1 Log:1/3 Commit:4 Entries:[1/4 EntryNormal "x"]}; several lines where nested. */
    static String print(Message message) {
        return print("", message);
    }

    private static String print(String indent, Message message) {
        StringBuilder text = new StringBuilder(indent)
                .append(Ids.printAddress(message.getFrom()))
                .append("->")
                .append(Ids.printAddress(message.getTo()))
                .append(' ')
                .append(MessageTypes.print(message.getType()))
                .append(" Term:")
                .append(message.getTerm())
                .append(" Log:")
                .append(message.getLogTerm())
                .append('/')
                .append(message.getIndex());
        if (message.getReject()) {
            text.append(" Rejected (Hint: ").append(message.getRejectHint()).append(')');
        }
        if (message.getCommit() != 0) {
            text.append(" Commit:").append(message.getCommit());
        }
        if (!message.getVote().isEmpty()) {
            text.append(" Vote:").append(message.getVote());
        }
        appendEntries(text, indent, message.getEntriesList());
        if (hasSnapshot(message)) {
            text.append('\n').append(indent).append(STEP).append("Snapshot: ").append(print(message.getSnapshot()));
        }
        if (message.getResponsesCount() > 0) {
            text.append(" Responses:[");
            message.getResponsesList().forEach(response -> text.append('\n').append(print(indent + STEP, response)));
            text.append('\n').append(indent).append(']');
        }
        return text.toString();
    }

    private static void appendEntries(StringBuilder text, String indent, List<Entry> entries) {
        if (entries.size() == 1) {
            text.append(" Entries:[").append(print(entries.get(0))).append(']');
        } else if (entries.size() > 1) {
            text.append(" Entries:[");
            entries.forEach(
                    entry -> text.append('\n').append(indent).append(STEP).append(print(entry)));
            text.append('\n').append(indent).append(']');
        }
    }

    static boolean hasSnapshot(Message message) {
        return message.hasSnapshot() && message.getSnapshot().getIndex() > 0;
    }

    /** One entry a line. */
    static String print(List<Entry> entries) {
        return entries.stream().map(MessagePrinter::print).collect(Collectors.joining("\n"));
    }

    /** As in {@code 1/4 EntryNormal "x"} or {@code 1/4 EntryConfChangeV2 v2 l3}. */
    static String print(Entry entry) {
        String content = content(entry);
        return entry.getTerm() + "/" + entry.getIndex() + " " + typeOf(entry)
                + (content.isEmpty() ? "" : " " + content);
    }

    private static String typeOf(Entry entry) {
        return switch (entry.getType()) {
            case ENTRY_NORMAL -> "EntryNormal";
            case ENTRY_CONF_CHANGE -> "EntryConfChange";
            case ENTRY_CONF_CHANGE_V2 -> "EntryConfChangeV2";
            case UNRECOGNIZED -> "Entry" + entry.getTypeValue();
        };
    }

    private static String content(Entry entry) {
        try {
            return switch (entry.getType()) {
                case ENTRY_CONF_CHANGE ->
                    ConfChanges.print(
                            asV2(ConfChange.parseFrom(entry.getData())).getChangesList());
                case ENTRY_CONF_CHANGE_V2 ->
                    ConfChanges.print(ConfChangeV2.parseFrom(entry.getData()).getChangesList());
                case ENTRY_NORMAL, UNRECOGNIZED -> Quoted.of(entry.getData());
            };
        } catch (InvalidProtocolBufferException e) {
            return "(unreadable: " + e.getMessage() + ")";
        }
    }

    /** The newer form of an older change. */
    static ConfChangeV2 asV2(ConfChange change) {
        ConfChangeV2.Builder newer = ConfChangeV2.newBuilder().setContext(change.getContext());
        newer.addChangesBuilder().setType(change.getType()).setNodeId(change.getNodeId());
        return newer.build();
    }

    static String print(SnapshotMetadata snapshot) {
        return "Index:" + snapshot.getIndex() + " Term:" + snapshot.getTerm() + " ConfState:"
                + print(snapshot.getConfState());
    }

    private static String print(ConfState state) {
        return "Voters:" + Ids.print(state.getVotersList())
                + " VotersOutgoing:" + Ids.print(state.getVotersOutgoingList())
                + " Learners:" + Ids.print(state.getLearnersList())
                + " LearnersNext:" + Ids.print(state.getLearnersNextList())
                + " AutoLeave:" + state.getAutoLeave();
    }
}
