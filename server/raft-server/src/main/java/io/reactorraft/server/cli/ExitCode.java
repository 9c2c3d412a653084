package io.reactorraft.server.cli;

import io.reactorraft.server.WrongConfigurationException;
import io.reactorraft.spi.StartRefusedException;
import org.jspecify.annotations.Nullable;

/** What the process tells its supervisor. */
final class ExitCode {

    /** Done, or stopped as it was asked to. */
    static final int DONE = 0;

    /** Refused, or failed in a way that may pass. */
    static final int REFUSED = 1;

    /** The command line, the environment or the configuration file is wrong. */
    static final int USAGE = 2;

    /** No restart helps. */
    static final int HOPELESS = 4;

    /** Nothing was changed; trying again may help. */
    static final int NOT_APPLIED = 5;

    /** A change may have been made. */
    static final int UNKNOWN = 6;

    private ExitCode() {}

    /** The code for what a server failed with. */
    static int of(Throwable failure) {
        if (failure instanceof WrongConfigurationException) {
            return USAGE;
        }
        if (failure instanceof RequestFailedException request) {
            return request.exitCode();
        }
        StartRefusedException refused = refusal(failure);
        if (refused == null) {
            return REFUSED;
        }
        return switch (refused.kind()) {
            case DAMAGED, NEWER, WIPED -> HOPELESS;
            case FOREIGN, LOCKED, FLAGS, UNWRITABLE, ADDRESS, CERTIFICATE -> REFUSED;
        };
    }

    /** The one line that says what happened: the refusal's where there is one, for it was written to be read. */
    static String line(Throwable failure) {
        StartRefusedException refused = refusal(failure);
        Throwable told = refused == null ? failure : refused;
        String message = told.getMessage();
        Throwable cause = told.getCause();
        String why = refused == null && cause != null ? ": " + cause : "";
        return ((message == null ? told.getClass().getSimpleName() : message) + why).replaceAll("\\s+", " ");
    }

    private static @Nullable StartRefusedException refusal(Throwable failure) {
        for (Throwable each = failure; each != null; each = each.getCause()) {
            if (each instanceof StartRefusedException refused) {
                return refused;
            }
        }
        return null;
    }
}
