package io.reactorraft.simulation;

import java.util.List;

/** What the directives of one script act upon. Made for each script; one thread. */
interface ScriptEnvironment {

    /**
     * Carries a directive out.
     *
     * @return the lines it prints
     */
    List<String> run(Directive directive);
}
