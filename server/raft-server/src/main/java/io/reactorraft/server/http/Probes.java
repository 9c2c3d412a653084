package io.reactorraft.server.http;

import io.reactorraft.server.api.Gate;
import io.reactorraft.server.api.Replica;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * {@code /livez} and {@code /readyz}, a check a line, {@code [+]name ok} or {@code [-]name} and why. Alive is whoever
 * answers, unless its node runs and the loop of it stalls; ready is whoever can be expected to serve. Both answer before the log is
 * recovered.
 */
final class Probes {

    /** Long enough for a collection of garbage, or a machine that swaps; a restart helps neither. */
    static final Duration STALLED = Duration.ofSeconds(10);

    private final Gate gate;

    Probes(Gate gate) {
        this.gate = gate;
    }

    List<Route> routes() {
        return List.of(
                new Route("/livez", Map.of("GET", exchange -> answer(exchange, alive()))),
                new Route("/readyz", Map.of("GET", exchange -> answer(exchange, ready()))));
    }

    /** Red only where a restart may help: while the node runs, its loop must go round. */
    private Map<String, @Nullable String> alive() {
        Map<String, @Nullable String> checks = new LinkedHashMap<>();
        Replica replica = gate.running();
        Duration silent =
                replica == null ? Duration.ZERO : replica.node().status().age();
        checks.put(
                "loop", silent.compareTo(STALLED) < 0 ? null : "has not gone round for " + silent.toSeconds() + " s");
        return checks;
    }

    /** Checks by name, each with what is wrong; null: nothing. */
    private Map<String, @Nullable String> ready() {
        Map<String, @Nullable String> checks = new LinkedHashMap<>();
        checks.put("log", gate.recovered() ? null : "is being recovered");
        checks.put("open", gate.closed());
        checks.put("leader", leader());
        return checks;
    }

    private @Nullable String leader() {
        Replica replica = gate.running();
        if (replica == null) {
            return "the node is not running";
        }
        return replica.node().status().leadership().leaderId() == null ? "none is known" : null;
    }

    private static Mono<Answer> answer(Exchange exchange, Map<String, @Nullable String> checks) {
        Query query = exchange.query();
        query.only(Set.of("exclude"));
        Set<String> excluded = excluded(query.all("exclude"));
        List<String> lines = new ArrayList<>();
        boolean healthy = true;
        for (Map.Entry<String, @Nullable String> check : checks.entrySet()) {
            String wrong = check.getValue();
            if (excluded.remove(check.getKey())) {
                lines.add("[+]" + check.getKey() + " excluded");
            } else if (wrong == null) {
                lines.add("[+]" + check.getKey() + " ok");
            } else {
                lines.add("[-]" + check.getKey() + " " + wrong);
                healthy = false;
            }
        }
        // A probe written for another version must not take this one out of service.
        excluded.forEach(name -> lines.add("[?]" + name + " is no check here, so nothing was excluded"));
        return Mono.just(Answer.text(healthy ? 200 : 503, String.join("\n", lines) + "\n"));
    }

    private static Set<String> excluded(List<String> values) {
        Set<String> names = new HashSet<>();
        for (String value : values) {
            int from = 0;
            while (from <= value.length()) {
                int comma = value.indexOf(',', from);
                int to = comma < 0 ? value.length() : comma;
                names.add(value.substring(from, to).trim());
                from = to + 1;
            }
        }
        names.remove("");
        return names;
    }
}
