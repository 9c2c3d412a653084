package io.reactorraft.torture;

import io.reactorraft.testkit.History;
import io.reactorraft.testkit.KeyValueAnswer;
import io.reactorraft.testkit.KeyValueCall;
import io.reactorraft.torture.Registers.Register;
import io.reactorraft.torture.StoreClient.Answer;
import io.reactorraft.torture.StoreClient.Kind;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One client: a call after the other, most of them to its own node, at a steady pace. What it writes was never written before;
 * what it compares with is what it saw last.
 */
final class RunClient implements Runnable {
    private static final int ATTEMPTS = 5;

    /** Of a hundred calls; the rest are reads. */
    private static final int PUTS = 30;

    private static final int COMPARISONS = 25;
    private static final long RETRY_MILLIS = 300;

    private final int number;
    private final Supplier<List<String>> urls;
    private final SplittableRandom random;
    private final StoreClient store;
    private final Shared shared;
    private final Map<String, Seen> seen = new HashMap<>();
    private long written;

    /** What all clients of a run share. */
    static final class Shared {
        final Registers registers;
        final Finding finding;
        final long paceMillis;
        final AtomicBoolean stop = new AtomicBoolean();
        final AtomicLong succeeded = new AtomicLong();
        final AtomicLong failed = new AtomicLong();

        Shared(Registers registers, Finding finding, long paceMillis) {
            this.registers = registers;
            this.finding = finding;
            this.paceMillis = paceMillis;
        }
    }

    /** The last that was seen of a key; revision 0: that it is absent. */
    private record Seen(@Nullable String value, long revision) {}

    RunClient(int number, Supplier<List<String>> urls, SplittableRandom random, StoreClient store, Shared shared) {
        this.number = number;
        this.urls = urls;
        this.random = random;
        this.store = store;
        this.shared = shared;
    }

    @Override
    public void run() {
        try {
            while (!shared.stop.get()) {
                long begun = System.nanoTime();
                Register register = shared.registers.acquire(random);
                try {
                    boolean answered = call(register);
                    (answered ? shared.succeeded : shared.failed).incrementAndGet();
                } finally {
                    shared.registers.release(register);
                }
                long spent = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
                TimeUnit.MILLISECONDS.sleep(Math.max(0, random.nextLong(2 * shared.paceMillis) - spent));
            }
        } catch (ViolationException violation) {
            shared.finding.report(violation);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean call(Register register) throws InterruptedException {
        int kind = random.nextInt(100);
        Seen last = seen.get(register.key());
        if (kind < PUTS) {
            String value = fresh();
            return write(register, KeyValueCall.put(register.key(), value), value, null);
        }
        if (kind < PUTS + COMPARISONS && last != null) {
            String value = fresh();
            return write(
                    register, KeyValueCall.compareAndSet(register.key(), last.value(), value), value, last.revision());
        }
        return read(register, home(), patience());
    }

    /** Who gives up early can ask again while the node still has the first question before it. */
    private Duration patience() {
        return random.nextInt(3) == 0 ? Duration.ofMillis(random.nextLong(300, 2_000)) : StoreClient.PATIENCE;
    }

    private String fresh() {
        return "c" + number + "-" + ++written;
    }

    private String home() {
        List<String> now = urls.get();
        return now.get(random.nextInt(5) == 0 ? random.nextInt(now.size()) : number % now.size());
    }

    /** Reads once more, at that node; false: no answer. */
    boolean read(Register register, String url, Duration patience) throws InterruptedException {
        History<KeyValueCall, KeyValueAnswer>.Call call =
                register.history().invoke(number, KeyValueCall.get(register.key()));
        Answer answer = store.read(url, register.key(), patience);
        switch (answer.kind()) {
            case DONE -> call.returned(KeyValueAnswer.found(answer.value()));
            case NOTHING -> call.returned(KeyValueAnswer.NOTHING);
            case NOT_APPLIED, UNKNOWN -> {
                call.neverHappened();
                return false;
            }
        }
        String value = answer.value();
        if (value != null) {
            register.seen(value, answer.revision());
        }
        seen.put(register.key(), new Seen(value, answer.revision()));
        return true;
    }

    /** A random one, version 4: in other versions the server would look for a time. */
    private String uuid() {
        return new UUID((random.nextLong() & ~0xF000L) | 0x4000L, (random.nextLong() >>> 2) | (1L << 63)).toString();
    }

    private boolean write(Register register, KeyValueCall asked, String value, @Nullable Long condition)
            throws InterruptedException {
        // Only with a key may a write be tried again that may have been applied.
        String idempotencyKey = random.nextBoolean() ? uuid() : null;
        String url = home();
        History<KeyValueCall, KeyValueAnswer>.Call call = register.history().invoke(number, asked);
        boolean mayBeApplied = false;
        for (int attempt = 1; ; attempt++) {
            Answer answer = store.write(url, register.key(), value, condition, idempotencyKey);
            if (answer.kind() == Kind.DONE) {
                call.returned(KeyValueAnswer.DONE);
                register.seen(value, answer.revision());
                seen.put(register.key(), new Seen(value, answer.revision()));
                return true;
            }
            if (answer.kind() == Kind.NOTHING) {
                call.returned(KeyValueAnswer.NOTHING);
                seen.remove(register.key());
                return true;
            }
            mayBeApplied |= answer.kind() == Kind.UNKNOWN;
            if (idempotencyKey == null || !mayBeApplied || attempt == ATTEMPTS) {
                break;
            }
            TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
            List<String> now = urls.get();
            url = now.get(random.nextInt(now.size()));
        }
        if (!mayBeApplied) {
            call.neverHappened();
        }
        return false;
    }
}
