package io.reactorraft.rsocket;

import io.reactorraft.proto.Hello;
import io.rsocket.Payload;
import io.rsocket.util.DefaultPayload;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What a connection is for. The metadata of its SETUP frame is the {@link #code}, one byte; the data is a {@link Hello}.
 *
 * <p>It decides what a channel on it carries, and that a new {@link #MESSAGES} connection, and only that, takes the
 * place of the same member's older one.
 */
enum Purpose {
    /** Raft messages, each {@link Lane} on one long-lived channel, and requests. */
    MESSAGES(1, Lane.values().length),
    /** Requests alone: of one who has no lasting business with us, for instance who asks to join. */
    REQUESTS(2, 0),
    /** One snapshot on one channel, apart from the messages so that heartbeats never wait behind them. */
    SNAPSHOTS(3, 1);

    private final byte code;
    private final int channels;

    Purpose(int code, int channels) {
        this.code = (byte) code;
        this.channels = channels;
    }

    /** How many channels such a connection may open. */
    int channels() {
        return channels;
    }

    Payload setup(Hello hello) {
        return DefaultPayload.create(hello.toByteArray(), new byte[] {code});
    }

    static @Nullable Purpose of(ByteBuffer metadata) {
        if (metadata.remaining() == 1) {
            for (Purpose purpose : values()) {
                if (purpose.code == metadata.get(metadata.position())) {
                    return purpose;
                }
            }
        }
        return null;
    }
}
