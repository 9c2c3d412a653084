package io.reactorraft.rsocket;

import io.reactorraft.proto.Message;
import java.time.Duration;
import reactor.core.publisher.Flux;

/**
 * A connection to a peer with its two lanes. What waits in them when it is lost is lost with it, and Raft sends it again
 * in its own way.
 */
final class Way {

    private final Session session;
    private final Outbox control;
    private final Outbox appends;
    private final long openedNanos = System.nanoTime();

    Way(Session session, RSocketTransportConfig config) {
        this.session = session;
        control = new Outbox(session.connection(), Lane.CONTROL, config.maxQueuedMessages(), config.maxQueuedBytes());
        appends = new Outbox(session.connection(), Lane.APPENDS, config.maxQueuedMessages(), config.maxQueuedBytes());
    }

    /** Opens the channels; the connection closes in order once both have completed, at once if one fails. */
    void open() {
        Flux.merge(session.socket().requestChannel(control), session.socket().requestChannel(appends))
                .contextWrite(LateErrors::ignored)
                .subscribe(ignored -> {}, session.connection()::fail, session.connection()::dispose);
    }

    Session session() {
        return session;
    }

    Outbox lane(Lane lane) {
        return lane == Lane.CONTROL ? control : appends;
    }

    /** Takes the message, or answers false where its lane is full. Any thread. */
    boolean offer(Message message) {
        return lane(Lane.of(message)).offer(message);
    }

    /** How long it has stood. */
    Duration age() {
        return Duration.ofNanos(System.nanoTime() - openedNanos);
    }

    /** Takes nothing more, lets out what waits, and closes: at the latest when the grace is over. */
    void finish(Duration grace) {
        control.finish();
        appends.finish();
        FrameConnection connection = session.connection();
        connection.schedule(() -> connection.fail(new IllegalStateException("does not read to the end")), grace);
    }
}
