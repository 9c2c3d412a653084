package io.reactorraft.simulation;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Bugs one at a time, and the source as it is, each in its own copy of the core. What is done is kept in a file as it is
 * done, so that a campaign can stop and go on.
 *
 * <p>Safe for the threads it starts itself; {@link #run} returns when all of them are done.
 */
final class BugCampaign {

    /** Stands for the source as it is. */
    static final String CONTROL = "none";

    private final CoreSources sources;
    private final BugTrial trial;
    private final @Nullable Path kept;
    private final Consumer<BugResult> onResult;
    private final Map<String, BugResult> results = new LinkedHashMap<>();
    private final List<String> failures = new ArrayList<>();

    /** {@code kept}: where results are kept; null: nowhere. */
    BugCampaign(CoreSources sources, BugTrial trial, @Nullable Path kept, Consumer<BugResult> onResult) {
        this.sources = sources;
        this.trial = trial;
        this.kept = kept;
        this.onResult = onResult;
    }

    /** Takes over what an earlier run has kept, where the sources are still the same. */
    void resume(List<SeededBug> bugs) throws IOException, BugException {
        if (kept == null || Files.notExists(kept)) {
            return;
        }
        Map<String, String> digests = new LinkedHashMap<>(Map.of(CONTROL, sources.digest()));
        for (SeededBug bug : bugs) {
            digests.put(bug.id(), sources.with(bug).digest());
        }
        for (BugResult result : BugResult.ofLines(Files.readAllLines(kept))) {
            if (result.digest().equals(digests.get(result.id()))) {
                results.put(result.id(), result);
            }
        }
    }

    void run(List<SeededBug> bugs, boolean control, int jobs) throws InterruptedException {
        ConcurrentLinkedQueue<Runnable> work = new ConcurrentLinkedQueue<>();
        if (control && !results.containsKey(CONTROL)) {
            work.add(() -> run(CONTROL, null));
        }
        bugs.stream().filter(bug -> !results.containsKey(bug.id())).forEach(bug -> work.add(() -> run(bug.id(), bug)));
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < jobs; i++) {
            Thread thread = new Thread(
                    () -> {
                        Runnable next;
                        while ((next = work.poll()) != null) {
                            next.run();
                        }
                    },
                    "bugs-" + i);
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
    }

    private void run(String id, @Nullable SeededBug bug) {
        try {
            add(trial.run(id, bug == null ? sources : sources.with(bug)));
        } catch (BugException | IOException broken) {
            fail(id + ": " + broken.getMessage());
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            fail(id + ": was interrupted");
        }
    }

    private synchronized void add(BugResult result) throws IOException {
        results.put(result.id(), result);
        if (kept != null) {
            Files.write(
                    kept,
                    result.toLines(),
                    StandardCharsets.UTF_8,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        }
        onResult.accept(result);
    }

    private synchronized void fail(String what) {
        failures.add(Objects.requireNonNull(what));
    }

    /** What could not be tried at all, a line each. */
    List<String> failures() {
        return failures;
    }

    BugReport report(List<SeededBug> bugs) {
        return new BugReport(bugs, results, results.get(CONTROL));
    }
}
