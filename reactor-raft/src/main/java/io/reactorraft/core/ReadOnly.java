package io.reactorraft.core;

import com.google.protobuf.ByteString;
import io.reactorraft.core.CoreConfig.ReadMode;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads that do not go through the log (§8, thesis §6.4).
 *
 * <p>A leader notes its commit index, makes sure that it still leads, and answers with that index. Reads are numbered;
 * a heartbeat carries the number of the newest one, so that its answer confirms all up to it.
 *
 * <p>Bounded: no more than {@code maxPendingReads} wait, whether for the first commit of the term or for a quorum.
 */
final class ReadOnly {

    private record Request(String from, ByteString context) {}

    private record Unconfirmed(Request request, long index) {}

    private static final int NUMBER_BYTES = 8;

    private final CoreConfig config;
    private final NodeState node;
    private final RaftLog log;
    private final ProgressTracker tracker;
    private final Replication replication;
    private final Outbox outbox;

    /** Asked before this leader has committed anything in its term. */
    private final ArrayDeque<Request> tooEarly = new ArrayDeque<>();

    private final ArrayDeque<Unconfirmed> unconfirmed = new ArrayDeque<>();

    /** The number of the newest read that a quorum has confirmed; those in {@code unconfirmed} follow it. */
    private long confirmed;

    /** The highest number each member has answered. */
    private final Map<String, Long> acknowledged = new HashMap<>();

    private List<ReadState> states = new ArrayList<>();

    ReadOnly(
            CoreConfig config,
            NodeState node,
            RaftLog log,
            ProgressTracker tracker,
            Replication replication,
            Outbox outbox) {
        this.config = config;
        this.node = node;
        this.log = log;
        this.tracker = tracker;
        this.replication = replication;
        this.outbox = outbox;
    }

    boolean hasStates() {
        return !states.isEmpty();
    }

    List<ReadState> takeStates() {
        if (states.isEmpty()) {
            return List.of();
        }
        List<ReadState> taken = states;
        states = new ArrayList<>();
        return taken;
    }

    /** A new role or term: whoever waits must ask again, at the new leader. */
    void reset() {
        tooEarly.clear();
        unconfirmed.clear();
        acknowledged.clear();
        confirmed = 0;
    }

    /** A leader is asked, by itself or by a follower. */
    StepOutcome ask(String from, ByteString context) {
        if (tooEarly.size() + unconfirmed.size() + states.size() >= config.maxPendingReads) {
            return StepOutcome.PROPOSAL_DROPPED;
        }
        Request request = new Request(from, context);
        if (hasCommittedInTerm()) {
            serve(request);
        } else {
            // "A leader must have the latest information on which entries are committed ... it needs to commit an entry
            // from its term" (§8). That holds for a sole voter too: after a restart its commit index may lag.
            tooEarly.add(request);
        }
        return StepOutcome.TAKEN;
    }

    /** The commit index has moved within this term: those that came too early can be served. */
    void committed() {
        if (tooEarly.isEmpty() || !hasCommittedInTerm()) {
            return;
        }
        List<Request> waiting = List.copyOf(tooEarly);
        tooEarly.clear();
        waiting.forEach(this::serve);
    }

    private boolean hasCommittedInTerm() {
        return log.matches(log.commit(), node.term());
    }

    private void serve(Request request) {
        boolean sole = tracker.configuration().isSoleVoter(node.id());
        if (sole || config.readMode == ReadMode.LEASE) {
            answer(request, log.commit());
            return;
        }
        unconfirmed.add(new Unconfirmed(request, log.commit()));
        acknowledged.put(node.id(), newest());
        // "The leader needs to make sure it has not been superseded ... issues a new round of heartbeats and waits for
        // their acknowledgments from a majority" (thesis §6.4).
        replication.broadcastHeartbeat(heartbeatContext());
    }

    private long newest() {
        return confirmed + unconfirmed.size();
    }

    /** What a heartbeat must carry so that its answer confirms all reads that wait; empty: none waits. */
    ByteString heartbeatContext() {
        if (unconfirmed.isEmpty()) {
            return ByteString.EMPTY;
        }
        byte[] bytes = new byte[NUMBER_BYTES];
        long number = newest();
        for (int i = NUMBER_BYTES - 1; i >= 0; i--) {
            bytes[i] = (byte) number;
            number >>>= Byte.SIZE;
        }
        return ByteString.copyFrom(bytes);
    }

    /** A member has answered a heartbeat that carried this context. */
    void heartbeatAnswered(String from, ByteString context) {
        if (config.readMode != ReadMode.QUORUM || context.size() != NUMBER_BYTES) {
            return;
        }
        long number = 0;
        for (int i = 0; i < NUMBER_BYTES; i++) {
            number = number << Byte.SIZE | (context.byteAt(i) & 0xff);
        }
        if (number <= 0 || number > newest()) {
            // No heartbeat of ours carried it.
            return;
        }
        acknowledged.merge(from, number, Math::max);
        confirm();
    }

    /** Answers all that a quorum of the configuration in force has confirmed by now. */
    void confirm() {
        if (unconfirmed.isEmpty()) {
            return;
        }
        long byQuorum = tracker.configuration().voters().committedIndex(voter -> acknowledged.getOrDefault(voter, 0L));
        long upTo = Math.min(byQuorum, newest());
        while (confirmed < upTo) {
            Unconfirmed read = unconfirmed.removeFirst();
            confirmed++;
            answer(read.request, read.index);
        }
    }

    private void answer(Request request, long index) {
        if (node.isSelf(request.from)) {
            states.add(new ReadState(index, request.context));
            return;
        }
        outbox.send(Message.newBuilder()
                .setType(MessageType.MSG_READ_INDEX_RESPONSE)
                .setTo(request.from)
                .setIndex(index)
                .addEntries(Entry.newBuilder().setData(request.context)));
    }

    /** A follower hears what its leader has answered. */
    StepOutcome answered(Message response) {
        if (states.size() >= config.maxPendingReads) {
            return StepOutcome.PROPOSAL_DROPPED;
        }
        states.add(new ReadState(response.getIndex(), response.getEntries(0).getData()));
        return StepOutcome.TAKEN;
    }
}
