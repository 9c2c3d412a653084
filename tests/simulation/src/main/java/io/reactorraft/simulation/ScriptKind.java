package io.reactorraft.simulation;

/** The three kinds of data-driven files, told apart by their commands. */
enum ScriptKind {
    /** A small cluster that is told what to do step by step. */
    INTERACTION,
    /** Committed indexes and vote results. */
    QUORUM,
    /** Changes of the configuration. */
    CONFCHANGE;

    /** The kind whose command the script begins with; everything else is an interaction. */
    static ScriptKind of(Script script) {
        return switch (script.directives().get(0).command()) {
            case "committed", "vote" -> QUORUM;
            case "simple", "enter-joint", "leave-joint" -> CONFCHANGE;
            default -> INTERACTION;
        };
    }

    /** What a script of this kind begins with. */
    ScriptEnvironment newEnvironment() {
        return switch (this) {
            case INTERACTION -> new InteractionEnvironment();
            case QUORUM -> new QuorumEnvironment();
            case CONFCHANGE -> new ConfChangeEnvironment();
        };
    }
}
