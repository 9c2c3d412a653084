package io.reactorraft;

import io.reactorraft.spi.Tracing;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.util.context.ContextView;

/**
 * A tracing whose mistakes cost no proposal: what it throws is said once, and a span that could not begin is none.
 *
 * <p><b>Threads.</b> Any.
 */
final class SafeTracing implements Tracing {
    private static final Logger LOG = LoggerFactory.getLogger(SafeTracing.class);

    /** Keys and values of one proposal that travel to the leader; more are left behind. */
    static final int MAX_CARRIER_CHARS = 4_096;

    private final Tracing tracing;
    private final AtomicBoolean said = new AtomicBoolean();

    private SafeTracing(Tracing tracing) {
        this.tracing = tracing;
    }

    static Tracing of(Tracing tracing) {
        return tracing == NONE ? NONE : new SafeTracing(tracing);
    }

    @Override
    public Span proposal(String groupId, ContextView context) {
        return begun(() -> tracing.proposal(groupId, context));
    }

    @Override
    public Span forwarded(String groupId, Map<String, String> carrier) {
        return begun(() -> tracing.forwarded(groupId, carrier));
    }

    private Span begun(Supplier<Span> begin) {
        return or(Span.NONE, () -> new SafeSpan(begin.get()));
    }

    private <T> T or(T otherwise, Supplier<T> asked) {
        try {
            return asked.get();
        } catch (RuntimeException broken) {
            if (said.compareAndSet(false, true)) {
                LOG.warn("the tracing {} fails; proposals go on without it", tracing, broken);
            }
            return otherwise;
        }
    }

    private final class SafeSpan implements Span {
        private final Span span;

        SafeSpan(Span span) {
            this.span = span;
        }

        @Override
        public Map<String, String> carrier() {
            return or(Map.of(), () -> {
                Map<String, String> carrier = Map.copyOf(span.carrier());
                int chars = carrier.entrySet().stream()
                        .mapToInt(
                                each -> each.getKey().length() + each.getValue().length())
                        .sum();
                return chars > MAX_CARRIER_CHARS ? Map.of() : carrier;
            });
        }

        @Override
        public void applied(long term, long index) {
            end(() -> span.applied(term, index));
        }

        @Override
        public void failed(Throwable failure) {
            end(() -> span.failed(failure));
        }

        @Override
        public void cancelled() {
            end(span::cancelled);
        }

        private void end(Runnable ending) {
            or(true, () -> {
                ending.run();
                return true;
            });
        }
    }
}
