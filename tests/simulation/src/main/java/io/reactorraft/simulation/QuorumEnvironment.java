package io.reactorraft.simulation;

import io.reactorraft.quorum.JointConfig;
import io.reactorraft.quorum.MajorityConfig;
import io.reactorraft.quorum.VoteResult;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * Scripts about quorums: {@code committed cfg=(1,2) [cfgj=(2,3)] idx=(4,_,5)} and {@code vote … votes=(y,n,_)}.
 *
 * <p>Beside the answer asked for it prints any answer that should be the same and is not: of the majorities swapped, of
 * a majority joint with itself or with nobody, of the definition spelled out, of voters who fall behind further.
 */
final class QuorumEnvironment implements ScriptEnvironment {

    private static final String UNKNOWN = "_";
    private static final String EMPTY_JOINT = "zero";

    @Override
    public List<String> run(Directive directive) {
        Output output = new Output();
        try {
            Input input = Input.of(directive);
            switch (directive.command()) {
                case "committed" -> committed(input, acknowledged(input, directive), output);
                case "vote" -> vote(input, votes(input, directive), output);
                default -> throw new CommandException("unknown command: " + directive.command());
            }
        } catch (CommandException e) {
            output.error(e);
        }
        return output.take();
    }

    /** {@code joint}: whether a second majority was named, be it empty. */
    private record Input(List<String> ids, List<String> outgoingIds, boolean joint) {

        static Input of(Directive directive) throws CommandException {
            List<String> outgoing = directive.values("cfgj");
            boolean empty = outgoing.equals(List.of(EMPTY_JOINT));
            return new Input(
                    Ids.parseAll(directive.values("cfg")),
                    empty ? List.of() : Ids.parseAll(outgoing),
                    !outgoing.isEmpty());
        }

        MajorityConfig incoming() {
            return MajorityConfig.of(ids);
        }

        JointConfig config() {
            return new JointConfig(incoming(), MajorityConfig.of(outgoingIds));
        }

        JointConfig swapped() {
            return new JointConfig(MajorityConfig.of(outgoingIds), incoming());
        }

        /** The values belong to the ids in the order in which these were named, each id once. */
        Map<String, String> assign(List<String> values) throws CommandException {
            List<String> voters = new ArrayList<>();
            for (String id : ids) {
                addIfNew(voters, id);
            }
            for (String id : outgoingIds) {
                addIfNew(voters, id);
            }
            if (voters.size() != values.size()) {
                throw new CommandException("error: mismatched input (explicit or _) for voters "
                        + Ids.print(config().ids()) + ": " + values);
            }
            Map<String, String> assigned = new HashMap<>();
            for (int i = 0; i < voters.size(); i++) {
                if (!values.get(i).equals(UNKNOWN)) {
                    assigned.put(voters.get(i), values.get(i));
                }
            }
            return assigned;
        }

        private static void addIfNew(List<String> voters, String id) {
            if (!voters.contains(id)) {
                voters.add(id);
            }
        }
    }

    private static Map<String, Long> acknowledged(Input input, Directive directive) throws CommandException {
        Map<String, Long> indexes = new HashMap<>();
        for (Map.Entry<String, String> entry :
                input.assign(directive.values("idx")).entrySet()) {
            indexes.put(entry.getKey(), Ids.number(entry.getValue()));
        }
        return indexes;
    }

    private static Map<String, Boolean> votes(Input input, Directive directive) throws CommandException {
        Map<String, Boolean> votes = new HashMap<>();
        for (Map.Entry<String, String> entry :
                input.assign(directive.values("votes")).entrySet()) {
            boolean granted = switch (entry.getValue()) {
                case "y" -> true;
                case "n" -> false;
                default -> throw new CommandException("unknown vote: " + entry.getValue());
            };
            votes.put(entry.getKey(), granted);
        }
        return votes;
    }

    private static void committed(Input input, Map<String, Long> known, Output output) {
        JointConfig config = input.config();
        ToLongFunction<String> acknowledged = id -> known.getOrDefault(id, 0L);
        String chart = QuorumChart.of(config.ids(), known);
        if (input.joint()) {
            long index = config.committedIndex(acknowledged);
            output.print(chart);
            printIfOther(index, input.swapped().committedIndex(acknowledged), "via symmetry", output);
            output.print(print(index));
            return;
        }
        MajorityConfig majority = input.incoming();
        long index = majority.committedIndex(acknowledged);
        if (majority.isEmpty()) {
            output.print(chart + print(index));
            return;
        }
        output.print(chart);
        JointConfig withNobody = new JointConfig(majority, MajorityConfig.EMPTY);
        JointConfig withItself = new JointConfig(majority, majority);
        printIfOther(index, byDefinition(majority, known), "via alternative computation", output);
        printIfOther(index, withNobody.committedIndex(acknowledged), "via zero-joint quorum", output);
        printIfOther(index, withItself.committedIndex(acknowledged), "via self-joint quorum", output);
        printIfLaggardsMatter(majority, known, index, output);
        output.print(print(index));
    }

    /** The largest acknowledged index that more than half have reached, found by trying each. */
    private static long byDefinition(MajorityConfig majority, Map<String, Long> known) {
        long best = 0;
        for (long candidate : known.values()) {
            long reached = majority.ids().stream()
                    .filter(id -> known.getOrDefault(id, 0L) >= candidate)
                    .count();
            if (2 * reached > majority.size()) {
                best = Math.max(best, candidate);
            }
        }
        return best;
    }

    private static void printIfLaggardsMatter(
            MajorityConfig majority, Map<String, Long> known, long index, Output output) {
        for (String id : majority.ids()) {
            long own = known.getOrDefault(id, 0L);
            if (own > 0 && own < index) {
                for (long lower : new long[] {own - 1, 0}) {
                    Map<String, Long> lowered = new HashMap<>(known);
                    lowered.put(id, lower);
                    long other = majority.committedIndex(each -> lowered.getOrDefault(each, 0L));
                    printIfOther(index, other, "overlaying " + id + "->" + lower, output);
                }
            }
        }
    }

    private static void vote(Input input, Map<String, Boolean> votes, Output output) {
        VoteResult result = input.joint()
                ? input.config().voteResult(votes)
                : input.incoming().voteResult(votes);
        if (input.joint()) {
            VoteResult swapped = input.swapped().voteResult(votes);
            if (swapped != result) {
                output.print(print(swapped) + " <-- via symmetry");
            }
        }
        output.print(print(result));
    }

    private static void printIfOther(long index, long other, String how, Output output) {
        if (other != index) {
            output.print(print(other) + " <-- " + how);
        }
    }

    private static String print(long index) {
        return index == MajorityConfig.EVERYTHING ? "∞" : Long.toString(index);
    }

    private static String print(VoteResult result) {
        return switch (result) {
            case PENDING -> "VotePending";
            case LOST -> "VoteLost";
            case WON -> "VoteWon";
        };
    }
}
