package io.reactorraft.integration;

/** What was waited for did not come in time: on a machine that others use too this says little about what was tested. */
public final class TooSlow extends AssertionError {
    private static final long serialVersionUID = 1;

    TooSlow(String message) {
        super(message);
    }
}
