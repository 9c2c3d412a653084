package io.reactorraft.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import reactor.blockhound.BlockHound;

/**
 * BlockHound, for every test of this JVM: where a thread that must not block did, the test class fails, with the stack.
 * Beside what BlockHound knows by itself, a sync of a file blocks; and beside the threads that Reactor marks, those of a
 * node's loop, signals and sockets must not.
 *
 * <p>Needs {@code io.projectreactor.tools:blockhound} on the class path and {@code
 * -XX:+AllowRedefinitionToAddDeleteMethods} on the command line. For all tests of a module, name this class in {@code
 * META-INF/services/org.junit.jupiter.api.extension.Extension} and switch on JUnit's autodetection of extensions.
 */
public final class NothingBlocks implements BeforeAllCallback, AfterAllCallback {

    /** One that always blocks would fill the memory with stacks. */
    private static final int MOST = 100;

    private static final Queue<String> SEEN = new ConcurrentLinkedQueue<>();

    /** By the test class; one that is run again fails again. */
    private static final Map<String, String> FAILED = new ConcurrentHashMap<>();

    static {
        BlockHound.install(builder -> builder.markAsBlocking("sun/nio/ch/FileChannelImpl", "force", "(Z)V")
                .nonBlockingThreadPredicate(known -> known.or(thread -> {
                    String name = thread.getName();
                    return name.startsWith("raft-loop-")
                            || name.startsWith("raft-signal-")
                            || name.startsWith("raft-io-");
                }))
                // What a test does on purpose to a transport, to see what that costs.
                .allowBlockingCallsInside("io.reactorraft.testkit.RecordingReceiver", "receive")
                .allowBlockingCallsInside("io.reactorraft.testkit.RecordingReceiver", "change")
                .allowBlockingCallsInside("io.reactorraft.testkit.RecordingReceiver", "copy")
                .blockingMethodCallback(method -> see(method.toString())));
    }

    private static void see(String method) {
        StackTraceElement[] stack = new Throwable().getStackTrace();
        if (SEEN.size() < MOST && !isLibrarysOwnLock(stack)) {
            StringBuilder text = new StringBuilder(Thread.currentThread().getName() + " blocks in " + method);
            for (StackTraceElement frame : stack) {
                text.append("\n\tat ").append(frame);
            }
            SEEN.add(text.toString());
        }
    }

    /**
     * A lock that a library holds for a moment within itself (the queue of an executor, a pool of buffers) is its own
     * business; one that we take, directly or in the JDK, is not, nor is any other way to wait.
     */
    private static boolean isLibrarysOwnLock(StackTraceElement[] stack) {
        boolean locks = false;
        for (StackTraceElement frame : stack) {
            String type = frame.getClassName();
            String method = frame.getMethodName();
            if (type.startsWith("java.util.concurrent.locks.")) {
                locks |= method.equals("lock") || method.endsWith("Lock");
            } else if (!isMachinery(type)) {
                return locks && !type.startsWith("io.reactorraft.");
            }
        }
        return locks;
    }

    private static boolean isMachinery(String type) {
        return type.startsWith("java.")
                || type.startsWith("jdk.")
                || type.startsWith("reactor.blockhound.")
                || type.equals(NothingBlocks.class.getName());
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        // the static part has done it
    }

    @Override
    public void afterAll(ExtensionContext context) {
        List<String> seen = seen();
        if (!seen.isEmpty()) {
            FAILED.put(
                    context.getUniqueId(),
                    seen.size() + " blocking calls on threads that must not block:\n" + String.join("\n", seen));
        }
        String failed = FAILED.get(context.getUniqueId());
        if (failed != null) {
            throw new AssertionError(failed);
        }
    }

    /** What was seen since somebody last looked. */
    public static List<String> seen() {
        List<String> seen = new ArrayList<>();
        String one;
        while ((one = SEEN.poll()) != null) {
            seen.add(one);
        }
        return seen;
    }
}
