package io.reactorraft.simulation;

import java.util.List;
import java.util.Optional;

/** Runs scripts and says where the first difference is. After it the rest of a script means nothing and is not run. */
final class ScriptRunner {

    private static final int FRAMES_SHOWN = 4;

    private ScriptRunner() {}

    /**
     * Runs the script in this text.
     *
     * @return what went wrong, ready to print; empty: it passed
     */
    static Optional<String> run(ScriptFile file) {
        try {
            return run(Script.parse(file.name(), file.text()));
        } catch (ScriptFormatException e) {
            return Optional.ofNullable(e.getMessage());
        }
    }

    static Optional<String> run(Script script) {
        ScriptEnvironment environment = ScriptKind.of(script).newEnvironment();
        for (Directive directive : script.directives()) {
            Optional<String> failure = run(environment, directive);
            if (failure.isPresent()) {
                return Optional.of(
                        script.name() + ":" + directive.line() + ": " + directive.text() + "\n  " + failure.get());
            }
        }
        return Optional.empty();
    }

    static Optional<String> run(ScriptEnvironment environment, Directive directive) {
        List<String> printed;
        try {
            printed = environment.run(directive);
        } catch (RuntimeException | AssertionError | StackOverflowError e) {
            // A core that breaks under a script, in whatever way, is a failed script and not the end of the run.
            return Optional.of(described(e));
        }
        return Comparison.firstDifference(directive.expected(), printed).map(Comparison.Difference::toString);
    }

    private static String described(Throwable thrown) {
        StringBuilder text = new StringBuilder("threw ").append(thrown);
        StackTraceElement[] frames = thrown.getStackTrace();
        for (int i = 0; i < Math.min(FRAMES_SHOWN, frames.length); i++) {
            text.append("\n    at ").append(frames[i]);
        }
        return text.toString();
    }
}
