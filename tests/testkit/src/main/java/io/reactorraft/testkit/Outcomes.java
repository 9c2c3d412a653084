package io.reactorraft.testkit;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What clients asked for and were told, held against what was applied.
 *
 * <p>The log is the witness of linearizability: each write stands at its index, each read at the index its node had
 * applied when it answered. What was told before something else was asked must stand before it; that is checked for each
 * answer against the highest index that anybody had been shown when the question was asked.
 *
 * <p>Every command carries a number of its own, so that it is known again in the log. One thread.
 */
final class Outcomes {
    private final Story story;
    private final TreeMap<Long, AppliedCommand> order = new TreeMap<>();
    private final Map<Long, Long> indexes = new HashMap<>();
    private final Set<Long> refused = new HashSet<>();
    private final Map<Long, Operation> open = new LinkedHashMap<>();
    private final Map<Long, CommandStream.Place> streams = new HashMap<>();
    private long lastTag;
    private long tagOfNext;
    private long lastOperation;
    private long highestShown;

    /** A command as it was applied: {@code outcome} is its encoded result, or why it was rejected. */
    private record AppliedCommand(long tag, long term, ByteString outcome, boolean rejected) {}

    /** One question of a client, from its invocation to its outcome. */
    final class Operation {
        private final long number = ++lastOperation;
        private final String nodeId;
        private final long floor = highestShown;
        private final Runnable whenSettled;
        private long tag;
        private boolean told;

        private Operation(String nodeId, Runnable whenSettled) {
            this.nodeId = nodeId;
            this.whenSettled = whenSettled;
        }

        /** The command of this operation is the one that was encoded last. */
        void tagged() {
            tagged(lastTag);
        }

        /** The command of this operation is, however often it is encoded, the one of this number. */
        void tagged(long reserved) {
            tag = reserved;
        }

        boolean isSettled() {
            return !open.containsKey(number);
        }

        /** Whether its command is in the log, even if the state machine rejected it. */
        boolean isApplied() {
            return indexes.containsKey(tag);
        }

        long number() {
            return number;
        }

        void applied(long term, long index, ByteString result) {
            if (settle()) {
                story.count(Happening.WRITE_ACKNOWLEDGED);
                acknowledged(this, term, index, result);
            }
        }

        void read(long index) {
            if (settle()) {
                story.count(Happening.READ_ANSWERED);
                check(
                        index >= floor,
                        () -> "linearizability: a read on " + nodeId + " was answered at index " + index
                                + ", but index " + floor + " had been shown before it was asked");
                Long shown = order.floorKey(index);
                highestShown = Math.max(highestShown, shown == null ? 0 : shown);
            }
        }

        /** The client was told that its command is not, and will never be, applied. */
        void notApplied(boolean rejected) {
            if (settle()) {
                story.count(Happening.NOT_APPLIED);
                AppliedCommand known = commandOf(tag);
                check(
                        known == null || (rejected && known.rejected),
                        () -> "a client was told that its proposal is not" + " applied, and it is, at index "
                                + indexes.get(tag));
                if (known == null && tag != 0) {
                    refused.add(tag);
                }
            }
        }

        void unknown() {
            if (settle()) {
                story.count(Happening.OUTCOME_UNKNOWN);
            }
        }

        /** The client left, and hears nothing any more. */
        void left() {
            if (settle()) {
                story.count(Happening.CLIENT_LEFT);
            }
        }

        /** Nobody waits any longer; the outcome may come yet, and is nobody's news. */
        void giveUp() {
            if (!isSettled()) {
                abandoned();
            }
        }

        /** Whoever would have told is gone: no outcome that anybody was told. */
        private void abandoned() {
            open.remove(number);
            story.count(Happening.OUTCOME_UNKNOWN);
            whenSettled.run();
        }

        private boolean settle() {
            check(!told, () -> "a client of " + nodeId + " is told two outcomes of operation " + number);
            told = true;
            if (open.remove(number) == null) {
                return false;
            }
            whenSettled.run();
            return true;
        }
    }

    Outcomes(Story story) {
        this.story = story;
    }

    /** A number for the next command. */
    long nextTag() {
        long chosen = tagOfNext;
        tagOfNext = 0;
        return chosen != 0 ? chosen : reserveTag();
    }

    /** A number for a command that is encoded later, perhaps several times. */
    long reserveTag() {
        return ++lastTag;
    }

    /** What is encoded next is the command of this number. */
    void encodesNext(long tag) {
        tagOfNext = tag;
    }

    /** These commands, as they come, are one stream: what is applied of it must be a prefix. */
    CommandStream stream() {
        return new CommandStream(this::check, streams);
    }

    Operation begin(String nodeId, Runnable whenSettled) {
        Operation operation = new Operation(nodeId, whenSettled);
        open.put(operation.number, operation);
        return operation;
    }

    /** The node is gone, and with it whoever would have answered. */
    void abandon(String nodeId) {
        List<Operation> left = new ArrayList<>(open.values());
        left.stream().filter(each -> each.nodeId.equals(nodeId)).forEach(Operation::abandoned);
    }

    /** How many clients still wait. */
    int waiting() {
        return open.size();
    }

    private void acknowledged(Operation operation, long term, long index, ByteString result) {
        check(
                index > operation.floor,
                () -> "linearizability: a proposal on " + operation.nodeId + " was applied at" + " index " + index
                        + ", but index " + operation.floor + " had been shown before it was made");
        AppliedCommand known = order.get(index);
        check(
                known != null && known.tag == operation.tag && known.term == term,
                () -> "a proposal on " + operation.nodeId + " was acknowledged at index " + index + " of term " + term
                        + ", and what is applied there is " + (known == null ? "nothing" : "another command"));
        check(
                known == null || (!known.rejected && known.outcome.equals(result)),
                () -> "the result of the proposal at index " + index + " is not the one the client was told");
        highestShown = Math.max(highestShown, index);
    }

    private @Nullable AppliedCommand commandOf(long tag) {
        Long index = indexes.get(tag);
        return index == null ? null : order.get(index);
    }

    /**
     * A replica applied a command.
     *
     * @param previous the index of the command it applied before; 0: none
     */
    void applied(String nodeId, long previous, AppliedHere here) {
        long index = here.index;
        check(index > previous, () -> nodeId + " applies index " + index + " after index " + previous);
        Map<Long, AppliedCommand> skipped = index > previous ? order.subMap(previous, false, index, false) : Map.of();
        check(skipped.isEmpty(), () -> nodeId + " applies index " + index + " and has skipped " + skipped.keySet());
        AppliedCommand command = new AppliedCommand(here.tag, here.term, here.outcome, here.rejected);
        AppliedCommand known = order.putIfAbsent(index, command);
        if (known == null) {
            Long later = order.higherKey(index);
            check(later == null, () -> "others skipped index " + index + ", which " + nodeId + " applies");
            Long elsewhere = indexes.putIfAbsent(here.tag, index);
            check(elsewhere == null, () -> "one proposal is applied twice, at index " + elsewhere + " and " + index);
            check(
                    !refused.contains(here.tag),
                    () -> "the proposal at index " + index
                            + " is applied, and its client was told that it never will be");
            CommandStream.Place place = streams.get(here.tag);
            if (place != null) {
                place.applied(index, here.rejected);
            }
        } else {
            check(
                    known.tag == here.tag && known.term == here.term,
                    () -> "state machine safety: at index " + index + " " + nodeId
                            + " applies another command than others");
            check(
                    known.equals(command),
                    () -> "the state machine is not deterministic: at index " + index + " " + nodeId
                            + " has another result than others");
        }
    }

    /** One command, applied on one replica. */
    record AppliedHere(long index, long term, long tag, ByteString outcome, boolean rejected) {}

    private void check(boolean holds, Supplier<String> otherwise) {
        if (!holds) {
            story.violation(otherwise.get());
        }
    }
}
