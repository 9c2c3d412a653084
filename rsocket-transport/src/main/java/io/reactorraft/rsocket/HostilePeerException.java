package io.reactorraft.rsocket;

import io.netty.handler.codec.DecoderException;

/**
 * What came over a connection is not what a member sends. The connection is closed; other peers notice nothing.
 *
 * <p>Carries no stack trace: it tells of the other side, and anybody who can connect may cause any number of them.
 */
final class HostilePeerException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final Kind kind;

    HostilePeerException(Kind kind, String message) {
        super(message, null, false, false);
        this.kind = kind;
    }

    Kind kind() {
        return kind;
    }

    /** Names an undecodable stream for what it is, and passes on every other error. */
    static Throwable orAsItIs(Throwable error) {
        return error instanceof DecoderException
                ? new HostilePeerException(Kind.FRAME, "sent an undecodable frame: " + error.getMessage())
                : error;
    }

    /** Each kind is counted and logged by itself. */
    enum Kind {
        /** More connections than are allowed. */
        TOO_MANY_CONNECTIONS,
        /** No introduction, or none in time. */
        SETUP,
        /** A frame that is too long, unknown, or not of a kind that a member sends. */
        FRAME,
        /** A payload that cannot be decoded. */
        PAYLOAD,
        /** A message in another member's name, before the handshake, or of a kind that never travels. */
        MESSAGE,
        /** It reads nothing of what is sent to it. */
        NOT_READING
    }
}
