package io.reactorraft.server.cli;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * SIGTERM and SIGINT: the first asks to stop, the second ends the process at once.
 *
 * <p>The JVM's own handling can do neither: it exits with 143 where a stop in order should say 0, and is deaf to a second
 * signal while its shutdown hooks run. {@code sun.misc.Signal} is the one way in; it is called by reflection because the
 * compiler warns of it without end. Where a JVM lacks it, or runs with {@code -Xrs}, the JVM's own handling stays.
 */
final class Signals {

    private static final Logger LOG = LoggerFactory.getLogger(Signals.class);

    private Signals() {}

    /** From now on; {@code stop} runs on a thread of the JVM's and must be quick. */
    static void onTermination(Runnable stop) {
        AtomicBoolean asked = new AtomicBoolean();
        Runnable received = () -> {
            if (asked.getAndSet(true)) {
                Runtime.getRuntime().halt(ExitCode.REFUSED);
            }
            stop.run();
        };
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object proxy = Proxy.newProxyInstance(
                    Signals.class.getClassLoader(), new Class<?>[] {handler}, handling(received));
            for (String name : new String[] {"TERM", "INT"}) {
                Object each = signal.getConstructor(String.class).newInstance(name);
                signal.getMethod("handle", signal, handler).invoke(null, each, proxy);
            }
        } catch (ReflectiveOperationException | IllegalArgumentException unavailable) {
            LOG.warn("SIGTERM will end this process without a stop in order: {}", unavailable.toString());
        }
    }

    private static InvocationHandler handling(Runnable received) {
        return (proxy, method, arguments) -> switch (method.getName()) {
            case "handle" -> {
                received.run();
                yield null;
            }
            case "equals" -> proxy == arguments[0];
            case "hashCode" -> System.identityHashCode(proxy);
            default -> "Signals";
        };
    }
}
