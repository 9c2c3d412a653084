package io.reactorraft.testkit;

import com.google.protobuf.ByteString;
import io.reactorraft.core.RawNode;
import io.reactorraft.core.ReadState;
import io.reactorraft.core.StepOutcome;
import io.reactorraft.proto.Entry;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** What clients wait for on one bare core: proposals by their index, reads by their context. */
final class CoreRequests {
    private static final int MOST_PADDING = 200;

    private final String id;
    private final RawNode core;
    private final CoreMachine machine;
    private final Outcomes outcomes;
    private final TreeMap<Long, Waiting> proposals = new TreeMap<>();
    private final Map<ByteString, Outcomes.Operation> reads = new LinkedHashMap<>();
    private final List<Confirmed> confirmed = new ArrayList<>();
    private long contexts;

    private record Waiting(long term, Outcomes.Operation operation) {}

    private record Confirmed(long index, Outcomes.Operation operation) {}

    CoreRequests(String id, RawNode core, CoreMachine machine, Outcomes outcomes) {
        this.id = id;
        this.core = core;
        this.machine = machine;
        this.outcomes = outcomes;
    }

    void propose(Outcomes.Operation operation) {
        long tag = outcomes.nextTag();
        operation.tagged();
        ByteBuffer data = ByteBuffer.allocate(Long.BYTES + (int) (tag % MOST_PADDING));
        if (core.propose(List.of(ByteString.copyFrom(data.putLong(tag).rewind()))) == StepOutcome.TAKEN) {
            Waiting replaced = proposals.put(core.lastIndex(), new Waiting(core.term(), operation));
            if (replaced != null) {
                replaced.operation.unknown();
            }
        } else {
            operation.notApplied(false);
        }
    }

    /** {@code nowNanos} makes the context unique among all starts of this node. */
    void read(Outcomes.Operation operation, long nowNanos) {
        ByteString context = ByteString.copyFromUtf8(id + "/" + nowNanos + "/" + ++contexts);
        if (core.readIndex(context) == StepOutcome.TAKEN) {
            reads.put(context, operation);
        } else {
            operation.notApplied(false);
        }
    }

    void confirmed(ReadState state) {
        Outcomes.Operation operation = reads.remove(state.context());
        if (operation != null) {
            confirmed.add(new Confirmed(state.index(), operation));
        }
    }

    /** The machine has moved on: who waits for its index is answered. */
    void answerReads() {
        List<Confirmed> due = confirmed.stream()
                .filter(each -> each.index <= machine.appliedIndex())
                .toList();
        confirmed.removeAll(due);
        due.forEach(each -> each.operation.read(machine.commandIndex()));
    }

    /** The entry is applied, with this result. */
    void applied(Entry entry, ByteString result) {
        Waiting waiting = proposals.remove(entry.getIndex());
        if (waiting != null && waiting.term == entry.getTerm()) {
            waiting.operation.applied(entry.getTerm(), entry.getIndex(), result);
        } else if (waiting != null) {
            waiting.operation.unknown();
        }
    }

    /** Everything up to here came in a snapshot: what of it were our proposals nobody knows. */
    void restored(long index) {
        SortedMap<Long, Waiting> before = proposals.headMap(index, true);
        before.values().forEach(waiting -> waiting.operation.unknown());
        before.clear();
        answerReads();
    }
}
