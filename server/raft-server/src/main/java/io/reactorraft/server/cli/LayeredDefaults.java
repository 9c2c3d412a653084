package io.reactorraft.server.cli;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Where a flag gets its value if it is not on the command line: from its environment variable, else from the file. The
 * flags are the only schema: {@code --http-listen} is {@code RAFT_HTTP_LISTEN} and {@code http-listen}.
 */
final class LayeredDefaults implements IDefaultValueProvider {

    static final String PREFIX = "RAFT_";

    /** About the command line itself: not settings. */
    private static final Set<String> NOT_IN_A_FILE = Set.of("config", "help", "version");

    /** Settings of the commands that ask a cluster; somebody may have them for all. */
    private static final Set<String> CLIENT_VARIABLES = Set.of("RAFT_ENDPOINTS", "RAFT_OUTPUT", "RAFT_TIMEOUT");

    private final Map<String, String> environment;
    private final @Nullable SettingsFile file;

    LayeredDefaults(Map<String, String> environment, @Nullable SettingsFile file) {
        this.environment = environment;
        this.file = file;
    }

    @Override
    public @Nullable String defaultValue(ArgSpec argument) {
        if (!(argument instanceof OptionSpec option)) {
            return null;
        }
        String name = name(option);
        if (NOT_IN_A_FILE.contains(name)) {
            return null;
        }
        String fromEnvironment = environment.getOrDefault(variable(name), "");
        if (!fromEnvironment.isEmpty()) {
            return fromEnvironment;
        }
        return file == null ? null : file.values().get(name);
    }

    /** Where the value came from, for a message that refuses it; empty where it is the flag's own default. */
    String source(OptionSpec option) {
        String name = name(option);
        if (!environment.getOrDefault(variable(name), "").isEmpty()) {
            return variable(name);
        }
        return file == null || !file.values().containsKey(name)
                ? ""
                : file.path() + ":" + file.lines().get(name);
    }

    /** The names of a command's settings. */
    static Set<String> names(CommandSpec command) {
        return command.options().stream()
                .map(LayeredDefaults::name)
                .filter(name -> !NOT_IN_A_FILE.contains(name))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Variables that look like ours and are not, in their order: a misspelt one, or one that Kubernetes set. */
    static Set<String> unknownVariables(Map<String, String> environment, CommandSpec command) {
        Set<String> known =
                names(command).stream().map(LayeredDefaults::variable).collect(Collectors.toSet());
        known.add(variable("config"));
        known.addAll(CLIENT_VARIABLES);
        return environment.keySet().stream()
                .filter(variable -> variable.startsWith(PREFIX) && !known.contains(variable))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    static String variable(String name) {
        return PREFIX + name.replace('-', '_').toUpperCase(Locale.ROOT);
    }

    private static String name(OptionSpec option) {
        return option.longestName().replaceFirst("^--?", "");
    }
}
