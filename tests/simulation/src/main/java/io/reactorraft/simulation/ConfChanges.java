package io.reactorraft.simulation;

import io.reactorraft.proto.ConfChangeSingle;
import io.reactorraft.proto.ConfChangeType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** The short form of configuration changes: {@code v1 l2 r3 u4} adds a voter and a learner, removes, updates. */
final class ConfChanges {

    private ConfChanges() {}

    static List<ConfChangeSingle> parse(String text) throws CommandException {
        List<ConfChangeSingle> changes = new ArrayList<>();
        if (!text.isBlank()) {
            for (String token : text.strip().split(" ", -1)) {
                changes.add(change(token));
            }
        }
        return changes;
    }

    private static ConfChangeSingle change(String token) throws CommandException {
        if (token.length() < 2) {
            throw new CommandException("unknown token " + token);
        }
        ConfChangeType type = switch (token.charAt(0)) {
            case 'v' -> ConfChangeType.ADD_VOTER;
            case 'l' -> ConfChangeType.ADD_LEARNER;
            case 'r' -> ConfChangeType.REMOVE_NODE;
            case 'u' -> ConfChangeType.UPDATE_NODE;
            default -> throw new CommandException("unknown input: " + token);
        };
        return ConfChangeSingle.newBuilder()
                .setType(type)
                .setNodeId(Ids.parse(token.substring(1)))
                .build();
    }

    static String print(List<ConfChangeSingle> changes) {
        return changes.stream().map(ConfChanges::print).collect(Collectors.joining(" "));
    }

    private static String print(ConfChangeSingle change) {
        String type = switch (change.getType()) {
            case ADD_VOTER -> "v";
            case ADD_LEARNER -> "l";
            case REMOVE_NODE -> "r";
            case UPDATE_NODE -> "u";
            case UNRECOGNIZED -> "unknown";
        };
        return type + Ids.print(change.getNodeId());
    }
}
