package io.reactorraft;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.EntryType;
import io.reactorraft.proto.Payload;
import io.reactorraft.proto.SessionOutcome;
import java.time.Instant;
import java.util.Objects;

/** Takes one committed entry into the state, and answers who waits for it. Apply thread. */
final class EntryApplication<C, R> {
    private final StateMachine<C, R> stateMachine;
    private final Codec<C> commandCodec;
    private final Codec<R> resultCodec;
    private final ReplicatedState state;
    private final SharedState shared;

    EntryApplication(StateMachine<C, R> stateMachine, ReplicatedState state) {
        this.stateMachine = stateMachine;
        this.commandCodec = stateMachine.commandCodec();
        this.resultCodec = stateMachine.resultCodec();
        this.state = state;
        this.shared = state.shared();
    }

    /**
     * Whatever this throws, the replica must not go past the entry; who waits has been told that its outcome is unknown.
     */
    void apply(Reply<R> reply) throws InvalidProtocolBufferException {
        try {
            applyPayload(reply, read(reply.entry()));
        } catch (Throwable failure) {
            reply.fail(new RaftException.OutcomeUnknown(
                    "the state machine failed on it here; other members may have applied it", failure));
            throw failure;
        }
    }

    /** The payload of a normal entry that has one. */
    static Payload read(Entry entry) throws InvalidProtocolBufferException {
        CodedInputStream in = entry.getData().newCodedInput();
        in.enableAliasing(true); // the command is a view of the entry, not a copy
        try {
            return Payload.parseFrom(in);
        } catch (InvalidProtocolBufferException garbled) {
            throw garbled;
        } catch (java.io.IOException impossible) {
            throw new AssertionError("the entry is in memory", impossible);
        }
    }

    /** Whether the entry has every replica pass over the one at {@code index}. */
    static boolean frees(Entry entry, long index) {
        if (entry.getType() != EntryType.ENTRY_NORMAL) {
            return false;
        }
        try {
            Payload payload = read(entry);
            return payload.getKind() == Payload.Kind.SKIP && payload.getSkippedIndex() == index;
        } catch (InvalidProtocolBufferException notOurs) {
            return false; // the applier will come to it
        }
    }

    private void applyPayload(Reply<R> reply, Payload payload) throws InvalidProtocolBufferException {
        shared.entered(payload);
        long index = reply.entry().getIndex();
        if (shared.followsRejected(reply.entry().getTerm(), index)) {
            reply.fail(new RaftException.Rejected("not applied: an earlier command of its stream was rejected"));
            return;
        }
        switch (payload.getKind()) {
            case COMMAND -> {
                if (payload.getSessionId() == 0) {
                    applyCommand(reply, payload);
                } else {
                    applyOnce(reply, payload);
                }
            }
            case TARGET -> {
                state.aimAt(payload.getBody());
                reply.applied(null);
            }
            default -> {
                RaftException.Rejected refused = shared.apply(payload, index);
                if (refused == null) {
                    reply.applied(null);
                } else {
                    reply.fail(refused);
                }
            }
        }
    }

    private void applyCommand(Reply<R> reply, Payload payload) {
        try {
            reply.applied(toMachine(reply.entry(), payload));
        } catch (RaftException.Rejected rejected) {
            shared.rejected(reply.entry().getTerm(), reply.entry().getIndex(), payload.getFollowers());
            reply.fail(rejected);
        }
    }

    private R toMachine(Entry entry, Payload payload) {
        return stateMachine.apply(new Committed<>(
                entry.getTerm(),
                entry.getIndex(),
                Instant.ofEpochMilli(shared.timeMillis()),
                payload.getRulesVersion(),
                commandCodec.decode(payload.getBody().asReadOnlyByteBuffer())));
    }

    /** A command of a session: what was applied before is not applied again, and its retry hears the same. */
    private void applyOnce(Reply<R> reply, Payload payload) {
        long session = payload.getSessionId();
        long sequence = payload.getSequence();
        switch (shared.sessions().use(session, sequence, payload.getSettled(), shared.timeMillis())) {
            case EXPIRED ->
                reply.fail(RaftException.Rejected.expired("session " + session
                        + " was closed, expired, or no longer knows command " + sequence + ": open another one"));
            case KNOWN ->
                reply.again(Objects.requireNonNull(shared.sessions().outcome(session, sequence)), resultCodec);
            case FRESH -> {
                SessionOutcome.Builder outcome = SessionOutcome.newBuilder()
                        .setSequence(sequence)
                        .setTerm(reply.entry().getTerm())
                        .setIndex(reply.entry().getIndex());
                try {
                    R result = toMachine(reply.entry(), payload);
                    if (result != null) {
                        outcome.setResult(ByteString.copyFrom(resultCodec.encode(result)));
                    }
                    shared.sessions().keep(session, outcome.build());
                    reply.applied(result);
                } catch (RaftException.Rejected rejected) {
                    outcome.setRejected(String.valueOf(rejected.getMessage()));
                    shared.sessions().keep(session, outcome.build());
                    reply.fail(rejected);
                }
            }
        }
    }
}
