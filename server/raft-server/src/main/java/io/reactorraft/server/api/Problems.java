package io.reactorraft.server.api;

import io.reactorraft.Member;
import io.reactorraft.MembershipRefusal;
import io.reactorraft.RaftException;
import io.reactorraft.server.kv.RevisionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the node's errors mean to a client. The kinds of {@link RaftException} are named by the caller's next move. */
public final class Problems {

    private static final Logger LOG = LoggerFactory.getLogger(Problems.class);

    private Problems() {}

    /**
     * The problem behind an error.
     *
     * @param write whether the request may have changed anything, had it gone through
     */
    public static Problem of(Throwable error, boolean write) {
        if (error instanceof Problem problem) {
            return problem;
        }
        if (error instanceof RevisionException revision) {
            return Problem.at(
                    revision.isCompacted() ? ProblemType.COMPACTED : ProblemType.REVISION_AHEAD,
                    "revision",
                    text(error));
        }
        if (error instanceof RaftException.NotLeader notLeader) {
            Member leader = notLeader.leader();
            return Problem.noLeader(text(error), leader == null ? null : leader.id());
        }
        if (error instanceof RaftException.Overloaded overloaded) {
            return overloaded.isDiskFull()
                    ? Problem.diskFull(text(error), overloaded.retryAfter())
                    : Problem.overloaded(text(error), overloaded.retryAfter());
        }
        if (error instanceof RaftException.Rejected rejected) {
            return Problem.of(type(rejected.membership()), text(error));
        }
        if (error instanceof RaftException.Stopped) {
            return Problem.notReady(text(error));
        }
        if (error instanceof RaftException.OutcomeUnknown || error instanceof TimeoutException) {
            // A read has no outcome that anybody could miss: it just did not come in time.
            return write
                    ? Problem.unknown(ProblemType.OUTCOME_UNKNOWN, text(error))
                    : Problem.of(ProblemType.TIMEOUT, text(error));
        }
        LOG.error("A request failed in a way that nobody foresaw", error);
        String detail = "see the server's log";
        return write ? Problem.unknown(ProblemType.INTERNAL, detail) : Problem.of(ProblemType.INTERNAL, detail);
    }

    private static ProblemType type(@Nullable MembershipRefusal refusal) {
        if (refusal == null) {
            return ProblemType.INVALID;
        }
        return switch (refusal) {
            case QUORUM_AT_RISK -> ProblemType.QUORUM_AT_RISK;
            case ID_USED -> ProblemType.ID_USED;
            case UNREACHABLE -> ProblemType.UNREACHABLE;
            case NOT_A_MEMBER -> ProblemType.NOT_FOUND;
            case REFUSED -> ProblemType.REFUSED;
        };
    }

    private static String text(Throwable error) {
        String message = error.getMessage();
        return message == null ? error.getClass().getSimpleName() : message;
    }
}
