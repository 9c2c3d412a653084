package io.reactorraft;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Why a request was not served. The kinds are named by what a caller can do next.
 *
 * <p>{@link NotLeader}, {@link Overloaded}, {@link Rejected} and {@link Stopped} mean that nothing was appended and
 * nothing will be. {@link OutcomeUnknown} alone means that a proposal may still be applied.
 */
public abstract sealed class RaftException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private RaftException(String message, @Nullable Throwable cause) {
        super(message, cause, true, false); // tells the caller what to do, not where we are: no stack trace
    }

    /** Whether nothing was appended and the same request may succeed later: safe to retry, with a backoff. */
    public static boolean retryable(Throwable error) {
        return error instanceof NotLeader || error instanceof Overloaded;
    }

    /** Not appended: this node does not lead, or nobody is known to. Ask the {@link #leader}, or try again. */
    public static final class NotLeader extends RaftException {
        private static final long serialVersionUID = 1;
        private final transient @Nullable Member leader;

        public NotLeader(String message, @Nullable Member leader) {
            super(message, null);
            this.leader = leader;
        }

        /** Who leads; null where nobody is known to. */
        public @Nullable Member leader() {
            return leader;
        }
    }

    /** Not appended: a queue or the disk is full, or leadership is being handed over. Try again later. */
    public static final class Overloaded extends RaftException {
        private static final long serialVersionUID = 1;
        private final Duration retryAfter;
        private final boolean diskFull;

        public Overloaded(String message, Duration retryAfter) {
            this(message, retryAfter, false);
        }

        private Overloaded(String message, Duration retryAfter, boolean diskFull) {
            super(message, null);
            this.retryAfter = retryAfter;
            this.diskFull = diskFull;
        }

        /** The leader's disk is full: another member leads soon, or somebody makes room. */
        static Overloaded diskFull(String message, Duration retryAfter) {
            return new Overloaded(message, retryAfter, true);
        }

        /** Whether it is the leader's disk that is full, which lasts longer than a queue. */
        public boolean isDiskFull() {
            return diskFull;
        }

        /** A hint when to try again. */
        public Duration retryAfter() {
            return retryAfter;
        }
    }

    /** Appended, and leadership or time ran out before it was applied: it may be applied yet, or never. */
    public static final class OutcomeUnknown extends RaftException {
        private static final long serialVersionUID = 1;
        private final boolean overtaken;

        public OutcomeUnknown(String message) {
            this(message, null);
        }

        public OutcomeUnknown(String message, @Nullable Throwable cause) {
            this(message, cause, false);
        }

        private OutcomeUnknown(String message, @Nullable Throwable cause, boolean overtaken) {
            super(message, cause);
            this.overtaken = overtaken;
        }

        /** Whether it was done nobody can tell any more: others have asked for something else since. */
        static OutcomeUnknown overtaken(String message) {
            return new OutcomeUnknown(message, null, true);
        }

        /** Whether asking again for the same would only undo what others did. */
        boolean isOvertaken() {
            return overtaken;
        }
    }

    /** Refused for what it asks: change the request. */
    public static final class Rejected extends RaftException {
        private static final long serialVersionUID = 1;
        private final boolean sessionExpired;
        private final @Nullable MembershipRefusal refusal;

        public Rejected(String message) {
            this(message, false, null);
        }

        private Rejected(String message, boolean sessionExpired, @Nullable MembershipRefusal refusal) {
            super(message, null);
            this.sessionExpired = sessionExpired;
            this.refusal = refusal;
        }

        /** A change of the members is refused. */
        static Rejected membership(MembershipRefusal refusal, String message) {
            return new Rejected(message, false, refusal);
        }

        /** Of a change of the members, why; null: it was something else. */
        public @Nullable MembershipRefusal membership() {
            return refusal;
        }

        /** A command was not applied because its session is over. */
        static Rejected expired(String message) {
            return new Rejected(message, true, null);
        }

        boolean sessionExpired() {
            return sessionExpired;
        }
    }

    /** The node is done: never started, stopped, removed, or failed; see the cause. */
    public static final class Stopped extends RaftException {
        private static final long serialVersionUID = 1;

        public Stopped(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }
}
