package io.reactorraft.testkit;

import io.reactorraft.proto.ConfChangeV2;
import io.reactorraft.proto.Message;
import java.util.Locale;
import java.util.stream.Collectors;

/** Words for what goes on, for people who follow a replay. */
final class Telling {

    private Telling() {}

    static String of(Message message) {
        StringBuilder text = new StringBuilder("-> ")
                .append(message.getTo())
                .append(' ')
                .append(message.getType().name().substring("MSG_".length()).toLowerCase(Locale.ROOT))
                .append(" term ")
                .append(message.getTerm());
        switch (message.getType()) {
            case MSG_APPEND -> {
                text.append(" after ").append(message.getIndex()).append('@').append(message.getLogTerm());
                if (message.getEntriesCount() > 0) {
                    text.append(" entries ")
                            .append(message.getEntries(0).getIndex())
                            .append("..")
                            .append(message.getEntries(message.getEntriesCount() - 1)
                                    .getIndex());
                }
                text.append(" commit ").append(message.getCommit());
            }
            case MSG_VOTE, MSG_PRE_VOTE ->
                text.append(" log ends ").append(message.getIndex()).append('@').append(message.getLogTerm());
            case MSG_HEARTBEAT -> text.append(" commit ").append(message.getCommit());
            case MSG_SNAPSHOT ->
                text.append(" of ").append(message.getSnapshot().getIndex());
            case MSG_APPEND_RESPONSE -> text.append(" index ").append(message.getIndex());
            default -> {
                // type and term say it all
            }
        }
        if (message.getReject()) {
            text.append(" rejected");
        }
        return text.toString();
    }

    static String of(ConfChangeV2 change) {
        String transition = change.getTransition().name().toLowerCase(Locale.ROOT);
        return change.getChangesCount() == 0
                ? "leave the joint configuration"
                : change.getChangesList().stream()
                        .map(each -> each.getType().name().toLowerCase(Locale.ROOT) + " " + each.getNodeId())
                        .collect(Collectors.joining(", ", "", " (" + transition + ")"));
    }
}
