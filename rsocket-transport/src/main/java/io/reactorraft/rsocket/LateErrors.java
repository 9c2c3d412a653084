package io.reactorraft.rsocket;

import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.util.context.Context;

/**
 * A stream may end by a timeout or a cancel at the very moment its connection does. RSocket then has an error nobody
 * waits for any more, which Reactor would log as one that was lost; here it only repeats what is known already.
 */
final class LateErrors {

    private static final Logger LOG = LoggerFactory.getLogger(LateErrors.class);
    private static final String REACTORS_KEY = "reactor.onErrorDropped.local";

    private LateErrors() {}

    /** For {@code contextWrite} at the end of whatever subscribes to a stream of RSocket. */
    static Context ignored(Context context) {
        Consumer<Throwable> ignored = error -> LOG.debug("after the end of a stream: {}", error.getMessage());
        return context.put(REACTORS_KEY, ignored);
    }
}
