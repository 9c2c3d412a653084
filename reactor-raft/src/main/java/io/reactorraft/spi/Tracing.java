package io.reactorraft.spi;

import java.util.Map;
import reactor.util.context.ContextView;

/**
 * Follows proposals, from the subscription to the result and across members: says where spans begin and end, and knows
 * no tracer.
 *
 * <p>What {@link Span#carrier} says travels in the request that hands a proposal to the leader. It never enters an entry:
 * the log is the same whoever watches.
 *
 * <p>Called on the caller's, loop, apply and signal threads: it must be quick and must not block. Where it throws, a line in the
 * log says so, and the proposal goes its way.
 */
public interface Tracing {

    /** Follows nothing. */
    Tracing NONE = new Tracing() {
        @Override
        public Span proposal(String groupId, ContextView context) {
            return Span.NONE;
        }

        @Override
        public Span forwarded(String groupId, Map<String, String> carrier) {
            return Span.NONE;
        }
    };

    /**
     * A proposal of this process begins. A stream of proposals has a span for each piece that is appended as a whole; a
     * command of a session has one for each try.
     *
     * @param context of whoever subscribed; its parent is found there
     */
    Span proposal(String groupId, ContextView context);

    /**
     * A proposal that another member handed over begins here.
     *
     * @param carrier what the other member's {@link Span#carrier} said; empty where it said nothing
     */
    Span forwarded(String groupId, Map<String, String> carrier);

    /** One proposal; exactly one of the last three methods is called, once. */
    interface Span {

        /** Follows nothing. */
        Span NONE = new Span() {
            @Override
            public Map<String, String> carrier() {
                return Map.of();
            }

            @Override
            public void applied(long term, long index) {}

            @Override
            public void failed(Throwable failure) {}

            @Override
            public void cancelled() {}
        };

        /**
         * What tells another member of this span, for instance {@code traceparent}. More than 4 KiB of it are not sent.
         */
        Map<String, String> carrier();

        /** Committed and applied; the index is that of its last entry. */
        void applied(long term, long index);

        /** Not applied, or nobody knows: the kind of the failure says which. */
        void failed(Throwable failure);

        /** Whoever subscribed left before anything was appended. */
        void cancelled();
    }
}
