package io.reactorraft;

import io.reactorraft.proto.Entry;
import io.reactorraft.proto.SessionOutcome;
import org.jspecify.annotations.Nullable;

/** What an applied entry has to say to whoever waits for it, if anybody does. Apply thread. */
record Reply<R>(Entry entry, @Nullable PendingProposal<R> waiter) {

    /** Null: it has no result. */
    void applied(@Nullable R result) {
        if (waiter != null) {
            waiter.applied(entry.getTerm(), entry.getIndex(), result);
        }
    }

    void fail(RaftException why) {
        if (waiter != null) {
            waiter.fail(why);
        }
    }

    /** A command that was applied before: the same outcome, with the place of the entry that was applied. */
    void again(SessionOutcome known, Codec<R> resultCodec) {
        if (waiter == null) {
            return;
        }
        switch (known.getOutcomeCase()) {
            case RESULT ->
                waiter.applied(
                        known.getTerm(),
                        known.getIndex(),
                        resultCodec.decode(known.getResult().asReadOnlyByteBuffer()));
            case REJECTED -> waiter.fail(new RaftException.Rejected(known.getRejected()));
            case OUTCOME_NOT_SET -> waiter.applied(known.getTerm(), known.getIndex(), null);
        }
    }
}
