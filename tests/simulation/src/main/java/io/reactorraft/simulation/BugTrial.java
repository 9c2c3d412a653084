package io.reactorraft.simulation;

import io.reactorraft.simulation.BugResult.Finding;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Runs all suites against one copy of the core, each until it notices something. */
final class BugTrial {

    /** A seed takes a few hundredths of a second. */
    static final Duration SEED_LIMIT = Duration.ofSeconds(30);

    private static final Duration SCRIPT_LIMIT = Duration.ofSeconds(30);
    private static final Duration TEST_CLASS_LIMIT = Duration.ofSeconds(60);

    private final Materials materials;
    private final Seeds seeds;

    /**
     * What there is to run.
     *
     * @param testClasses the folder of the core's compiled tests; null: these are left out
     * @param tests those tests; null as well
     * @param scripts conformance scripts; empty: these are left out
     */
    record Materials(@Nullable Path testClasses, @Nullable UnitTests tests, List<ScriptFile> scripts) {}

    /**
     * How many seeds.
     *
     * @param most each way of running seeds gets, until one of them notices something
     * @param least each way gets, even where another has noticed something
     */
    record Seeds(long most, long least) {}

    BugTrial(Materials materials, Seeds seeds) {
        this.materials = materials;
        this.seeds = seeds;
    }

    BugResult run(String id, CoreSources sources) throws BugException, InterruptedException {
        BrokenCore core = new BrokenCore(CoreCompiler.compile(sources), materials.testClasses);
        List<Finding> findings = new ArrayList<>();
        try (Patience patience = new Patience()) {
            unitTests(core, patience, findings);
            scripts(core, patience, findings);
            simulation(core, patience, findings);
        }
        return new BugResult(id, sources.digest(), findings);
    }

    private void unitTests(BrokenCore core, Patience patience, List<Finding> findings) throws InterruptedException {
        if (materials.tests == null) {
            return;
        }
        long tried = 0;
        Optional<String> noticed = Optional.empty();
        for (String name : materials.tests.names()) {
            tried++;
            noticed = patience.with(TEST_CLASS_LIMIT, () -> UnitTests.run(name, core));
            if (noticed.isPresent()) {
                break;
            }
        }
        findings.add(new Finding(BugResult.UNIT_TESTS, tried, noticed.orElse(null)));
    }

    private void scripts(BrokenCore core, Patience patience, List<Finding> findings) throws InterruptedException {
        if (materials.scripts.isEmpty()) {
            return;
        }
        long tried = 0;
        Optional<String> noticed = Optional.empty();
        for (ScriptFile script : materials.scripts) {
            tried++;
            noticed = patience.with(SCRIPT_LIMIT, () -> core.script(script));
            if (noticed.isPresent()) {
                break;
            }
        }
        findings.add(new Finding(BugResult.SCRIPTS, tried, noticed.orElse(null)));
    }

    /** Seed by seed, every way of running one in turn, so that the one that notices a bug soonest ends it. */
    private void simulation(BrokenCore core, Patience patience, List<Finding> findings) throws InterruptedException {
        Map<Trials, Finding> found = new LinkedHashMap<>();
        List<Trials> open = new ArrayList<>(Trials.all());
        open.forEach(trials -> found.put(trials, new Finding(trials.toString(), 0, null)));
        boolean any = false;
        for (long seed = 1; seed <= seeds.most && !open.isEmpty() && !(any && seed > seeds.least); seed++) {
            for (Trials trials : List.copyOf(open)) {
                long current = seed;
                Optional<String> noticed = patience.with(SEED_LIMIT, () -> core.seed(trials, current));
                found.put(trials, new Finding(trials.toString(), seed, noticed.orElse(null)));
                if (noticed.isPresent()) {
                    open.remove(trials);
                    any = true;
                }
            }
        }
        findings.addAll(found.values());
    }
}
