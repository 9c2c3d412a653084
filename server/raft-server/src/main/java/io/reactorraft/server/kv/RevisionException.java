package io.reactorraft.server.kv;

/** A revision that cannot be read: forgotten already, or not yet made. What to do: read anew, without naming one. */
public final class RevisionException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final boolean compacted;

    RevisionException(long asked, long oldest, long latest) {
        super(
                asked < oldest
                        ? "revision " + asked + " is compacted, the oldest is " + oldest + ": read anew"
                        : "revision " + asked + " is ahead of the latest, " + latest + ": read anew",
                null,
                false,
                false);
        this.compacted = asked < oldest;
    }

    /** Whether it is forgotten; else it was not yet made. */
    public boolean isCompacted() {
        return compacted;
    }
}
