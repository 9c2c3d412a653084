package io.reactorraft.rsocket;

import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How the transport behaves. Immutable; each wither answers a changed copy and refuses, at once, what makes no sense.
 *
 * <p>All members of a cluster should agree on {@link #maxMessageBytes}: it bounds what is sent as well as what is taken.
 */
public final class RSocketTransportConfig {

    private static final RSocketTransportConfig DEFAULTS = new RSocketTransportConfig(new Draft());

    private final Draft values;

    private RSocketTransportConfig(Draft values) {
        values.validate();
        this.values = values;
    }

    /** What suits a cluster in one data centre. */
    public static RSocketTransportConfig defaults() {
        return DEFAULTS;
    }

    /** Threads that read and write connections; one more accepts and dials. Two, or one on a single core. */
    public int ioThreads() {
        return values.ioThreads;
    }

    /** Bytes of the largest message, request or response. 16 MiB: an append of 1 MiB, or of one entry of up to 8 MiB. */
    public int maxMessageBytes() {
        return values.maxMessageBytes;
    }

    /** Messages that may wait for one peer in each lane; the next one is dropped and the peer reported unreachable. 4,096. */
    public int maxQueuedMessages() {
        return values.maxQueuedMessages;
    }

    /** Bytes of messages that may wait for one peer in each lane. 64 MiB. */
    public long maxQueuedBytes() {
        return values.maxQueuedBytes;
    }

    /** Requests that may be outstanding on one connection, in each direction. 16,384. */
    public int maxConcurrentRequests() {
        return values.maxConcurrentRequests;
    }

    /** Connections that are accepted at a time; one more is closed at once. 1,024. */
    public int maxConnections() {
        return values.maxConnections;
    }

    /** A request without an answer by then fails, its fate unknown. 10 s. */
    public Duration requestTimeout() {
        return values.requestTimeout;
    }

    /** A connection that is not established by then is given up. 1 s. */
    public Duration connectTimeout() {
        return values.connectTimeout;
    }

    /** Who connects and has not introduced itself by then is cut off; so is who does not answer. 3 s. */
    public Duration handshakeTimeout() {
        return values.handshakeTimeout;
    }

    /** How often a connection shows that it lives. 1 s. */
    public Duration keepAliveInterval() {
        return values.keepAliveInterval;
    }

    /** A connection that shows no life for this long is given up. 3 s. */
    public Duration keepAliveTimeout() {
        return values.keepAliveTimeout;
    }

    /** How often a connected peer is asked what time it is there and where its groups stand. 4 s. */
    public Duration probeInterval() {
        return values.probeInterval;
    }

    /** The wait before a lost peer is dialled again; doubled, with jitter, up to {@link #maxRedialDelay}. 100 ms. */
    public Duration minRedialDelay() {
        return values.minRedialDelay;
    }

    /** The longest wait between two attempts to reach a peer; five times that for one that refuses us. 1 s. */
    public Duration maxRedialDelay() {
        return values.maxRedialDelay;
    }

    /** How long closing waits for queued messages to leave. 1 s. */
    public Duration closeGrace() {
        return values.closeGrace;
    }

    /** What secures connections; null: they are plain text, which belongs on a network that is trusted alone. */
    public @Nullable TlsFiles tls() {
        return values.tls;
    }

    /** A snapshot of which nothing moves for this long, neither here nor there, has failed. 30 s. */
    public Duration snapshotStallTimeout() {
        return values.snapshotStallTimeout;
    }

    public RSocketTransportConfig withIoThreads(int ioThreads) {
        return with(draft -> draft.ioThreads = ioThreads);
    }

    public RSocketTransportConfig withMaxMessageBytes(int maxMessageBytes) {
        return with(draft -> draft.maxMessageBytes = maxMessageBytes);
    }

    public RSocketTransportConfig withMaxQueuedMessages(int maxQueuedMessages) {
        return with(draft -> draft.maxQueuedMessages = maxQueuedMessages);
    }

    public RSocketTransportConfig withMaxQueuedBytes(long maxQueuedBytes) {
        return with(draft -> draft.maxQueuedBytes = maxQueuedBytes);
    }

    public RSocketTransportConfig withMaxConcurrentRequests(int maxConcurrentRequests) {
        return with(draft -> draft.maxConcurrentRequests = maxConcurrentRequests);
    }

    public RSocketTransportConfig withMaxConnections(int maxConnections) {
        return with(draft -> draft.maxConnections = maxConnections);
    }

    public RSocketTransportConfig withRequestTimeout(Duration requestTimeout) {
        return with(draft -> draft.requestTimeout = requestTimeout);
    }

    public RSocketTransportConfig withConnectTimeout(Duration connectTimeout) {
        return with(draft -> draft.connectTimeout = connectTimeout);
    }

    public RSocketTransportConfig withHandshakeTimeout(Duration handshakeTimeout) {
        return with(draft -> draft.handshakeTimeout = handshakeTimeout);
    }

    /** Both at once, where changing one alone would not be valid. */
    public RSocketTransportConfig withKeepAlive(Duration interval, Duration timeout) {
        return with(draft -> {
            draft.keepAliveInterval = interval;
            draft.keepAliveTimeout = timeout;
        });
    }

    /** Both at once, where changing one alone would not be valid. */
    public RSocketTransportConfig withRedialDelay(Duration min, Duration max) {
        return with(draft -> {
            draft.minRedialDelay = min;
            draft.maxRedialDelay = max;
        });
    }

    public RSocketTransportConfig withProbeInterval(Duration probeInterval) {
        return with(draft -> draft.probeInterval = probeInterval);
    }

    public RSocketTransportConfig withCloseGrace(Duration closeGrace) {
        return with(draft -> draft.closeGrace = closeGrace);
    }

    /** Mutual TLS, 1.3 or 1.2; all members have to use it or none. */
    public RSocketTransportConfig withTls(TlsFiles tls) {
        return with(draft -> draft.tls = tls);
    }

    public RSocketTransportConfig withSnapshotStallTimeout(Duration snapshotStallTimeout) {
        return with(draft -> draft.snapshotStallTimeout = snapshotStallTimeout);
    }

    private RSocketTransportConfig with(Consumer<Draft> change) {
        Draft copy = values.copy();
        change.accept(copy);
        return new RSocketTransportConfig(copy);
    }

    /** The values while they are put together; never seen outside, never changed once validated. */
    private static final class Draft {
        int ioThreads = Math.min(2, Runtime.getRuntime().availableProcessors());
        int maxMessageBytes = 16 << 20;
        int maxQueuedMessages = 4_096;
        long maxQueuedBytes = 64L << 20;
        int maxConcurrentRequests = 16_384;
        int maxConnections = 1_024;
        Duration requestTimeout = Duration.ofSeconds(10);
        Duration connectTimeout = Duration.ofSeconds(1);
        Duration handshakeTimeout = Duration.ofSeconds(3);
        Duration keepAliveInterval = Duration.ofSeconds(1);
        Duration keepAliveTimeout = Duration.ofSeconds(3);
        Duration probeInterval = Duration.ofSeconds(4);
        Duration minRedialDelay = Duration.ofMillis(100);
        Duration maxRedialDelay = Duration.ofSeconds(1);
        Duration closeGrace = Duration.ofSeconds(1);
        Duration snapshotStallTimeout = Duration.ofSeconds(30);

        @Nullable
        TlsFiles tls;

        Draft copy() {
            Draft copy = new Draft();
            copy.ioThreads = ioThreads;
            copy.maxMessageBytes = maxMessageBytes;
            copy.maxQueuedMessages = maxQueuedMessages;
            copy.maxQueuedBytes = maxQueuedBytes;
            copy.maxConcurrentRequests = maxConcurrentRequests;
            copy.maxConnections = maxConnections;
            copy.requestTimeout = requestTimeout;
            copy.connectTimeout = connectTimeout;
            copy.handshakeTimeout = handshakeTimeout;
            copy.keepAliveInterval = keepAliveInterval;
            copy.keepAliveTimeout = keepAliveTimeout;
            copy.probeInterval = probeInterval;
            copy.minRedialDelay = minRedialDelay;
            copy.maxRedialDelay = maxRedialDelay;
            copy.closeGrace = closeGrace;
            copy.tls = tls;
            copy.snapshotStallTimeout = snapshotStallTimeout;
            return copy;
        }

        void validate() {
            require(ioThreads >= 1 && ioThreads <= 64, "ioThreads must be 1 to 64", ioThreads);
            require(
                    maxMessageBytes >= FrameConnection.MAX_FRAME_BYTES && maxMessageBytes <= 1 << 30,
                    "maxMessageBytes must be 1 MiB to 1 GiB",
                    maxMessageBytes);
            require(maxQueuedMessages >= 1, "maxQueuedMessages must be at least 1", maxQueuedMessages);
            require(
                    maxQueuedBytes >= maxMessageBytes,
                    "maxQueuedBytes must be at least maxMessageBytes (" + maxMessageBytes + ")",
                    maxQueuedBytes);
            require(maxConcurrentRequests >= 1, "maxConcurrentRequests must be at least 1", maxConcurrentRequests);
            require(maxConnections >= 1, "maxConnections must be at least 1", maxConnections);
            requireTime("requestTimeout", requestTimeout);
            requireTime("connectTimeout", connectTimeout);
            requireTime("handshakeTimeout", handshakeTimeout);
            requireTime("keepAliveInterval", keepAliveInterval);
            require(
                    Handshake.acceptable(keepAliveInterval.toMillis(), keepAliveTimeout.toMillis()),
                    "keepAlive must show life every 100 ms to 1 min and be given up after 2 to 100 such times",
                    keepAliveInterval + " and " + keepAliveTimeout);
            requireTime("probeInterval", probeInterval);
            requireTime("minRedialDelay", minRedialDelay);
            require(
                    maxRedialDelay.compareTo(minRedialDelay) >= 0,
                    "maxRedialDelay must be at least minRedialDelay (" + minRedialDelay + ")",
                    maxRedialDelay);
            requireTime("maxRedialDelay", maxRedialDelay);
            requireTime("closeGrace", closeGrace);
            requireTime("snapshotStallTimeout", snapshotStallTimeout);
        }

        private static void requireTime(String name, Duration value) {
            require(
                    value.toMillis() >= 1 && value.compareTo(Duration.ofHours(1)) <= 0,
                    name + " must be 1 ms to 1 h",
                    value);
        }

        private static void require(boolean valid, String rule, Object value) {
            if (!valid) {
                throw new IllegalArgumentException(rule + ", got " + value);
            }
        }
    }
}
