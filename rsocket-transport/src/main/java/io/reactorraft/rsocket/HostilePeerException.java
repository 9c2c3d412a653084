package io.reactorraft.rsocket;

import io.netty.handler.codec.DecoderException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * What came over a connection is not what a member sends. The connection is closed; other peers notice nothing.
 *
 * <p>Carries no stack trace: it tells of the other side, and anybody who can connect may cause any number of them.
 */
final class HostilePeerException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private static final int MAX_REASON = 120;

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
        Throwable cause = error.getCause();
        if (cause instanceof SSLException || error instanceof SSLException) {
            String reason = String.valueOf((cause == null ? error : cause).getMessage());
            return new HostilePeerException(Kind.TLS, "failed at TLS: " + shortened(reason));
        }
        return error instanceof DecoderException
                ? new HostilePeerException(Kind.FRAME, "sent an undecodable frame: " + shortened(error.getMessage()))
                : error;
    }

    /** Netty tells what was not TLS to the last byte. */
    private static String shortened(@Nullable String reason) {
        return reason == null || reason.length() <= MAX_REASON
                ? String.valueOf(reason)
                : reason.substring(0, MAX_REASON);
    }

    /** Each kind is counted and logged by itself. */
    enum Kind {
        /** Not TLS, or no certificate that an authority of ours vouches for. */
        TLS,
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
