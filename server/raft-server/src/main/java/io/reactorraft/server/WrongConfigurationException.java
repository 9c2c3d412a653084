package io.reactorraft.server;

/** The configuration contradicts itself: found before anything was opened, and told in one line. */
public final class WrongConfigurationException extends RuntimeException {
    private static final long serialVersionUID = 1;

    WrongConfigurationException(IllegalArgumentException why) {
        super(why.getMessage(), null, false, false);
    }
}
