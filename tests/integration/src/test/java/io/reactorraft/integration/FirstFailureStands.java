package io.reactorraft.integration;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;

/**
 * For tests of what must never happen, not even once in a hundred runs. This module's failed tests are run a second time,
 * as a machine that others use too can be too slow for clusters of real processes; but an acknowledged write that was
 * lost stays lost, however well the second run goes: here it fails as the first did.
 */
public final class FirstFailureStands implements TestExecutionExceptionHandler, BeforeEachCallback {

    /** By the test; all runs of a build are in one JVM. */
    private static final Map<String, AssertionError> FAILED = new ConcurrentHashMap<>();

    @Override
    public void beforeEach(ExtensionContext context) {
        AssertionError before = FAILED.get(context.getUniqueId());
        if (before != null) {
            throw new AssertionError("the first run saw what must never happen", before);
        }
    }

    @Override
    public void handleTestExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        if (failure instanceof AssertionError never && !(failure instanceof TooSlow)) {
            FAILED.putIfAbsent(context.getUniqueId(), never);
        }
        throw failure;
    }
}
