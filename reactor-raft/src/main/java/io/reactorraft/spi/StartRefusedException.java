package io.reactorraft.spi;

/**
 * A log, a snapshot store or a transport refuses to start, and starting it again changes nothing by itself.
 *
 * <p>The message is one line: what is wrong, where (a file with its offset, a directory, an address), and what to do.
 * The {@link Kind} is for programs, for instance to choose an exit code. A refusal has changed nothing on disk.
 */
public final class StartRefusedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final Kind kind;

    public StartRefusedException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    public StartRefusedException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    /** Which sort of refusal this is. */
    public Kind kind() {
        return kind;
    }

    /** Why a start was refused, by what can be done about it. */
    public enum Kind {
        /** The directory belongs to another node or another cluster: point this node at its own. */
        FOREIGN,
        /** A live process, or another store in this one, uses the directory: stop it first. */
        LOCKED,
        /** What was durable is damaged or missing: no restart helps; replace the member or restore a backup. */
        DAMAGED,
        /** The group knows this member by another data directory: replace the member, or bring the old one back. */
        WIPED,
        /** A later version wrote the directory: no restart of this version helps. */
        NEWER,
        /** The JVM lacks flags or native access; the message names what to add. */
        FLAGS,
        /** The directory, or a file in it, cannot be created, read or written. */
        UNWRITABLE,
        /** The address cannot be parsed, resolved or bound. */
        ADDRESS,
        /** The certificate, its key or the authorities cannot be used: the message names the files. */
        CERTIFICATE
    }
}
