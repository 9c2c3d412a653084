package io.reactorraft.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintStream;
import java.net.URI;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code status}: the cluster as its leader sees it, or, where none is known, as whoever answers does. */
@Command(name = "status", sortOptions = false, description = "Shows the members, and who leads.")
final class StatusCommand implements Callable<Integer> {

    private final PrintStream out;
    private final PrintStream err;

    @Mixin
    private final ClientOptions client = new ClientOptions();

    @Option(
            names = "--check",
            description = "Exit 1 unless a leader is known, every member is alive and nothing raises an alarm.")
    private boolean check;

    StatusCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() {
        Endpoints endpoints = new Endpoints(client);
        JsonNode status = best(endpoints);
        if (status == null) {
            throw new RequestFailedException(
                    check ? ExitCode.REFUSED : ExitCode.NOT_APPLIED, "none of " + client.endpoints + " answers");
        }
        out.print(client.json() ? status + System.lineSeparator() : table(status));
        String wrong = check ? wrong(status) : null;
        if (wrong == null) {
            return ExitCode.DONE;
        }
        err.println("raft-server status: " + wrong);
        return ExitCode.REFUSED;
    }

    /** The leader's, at an endpoint or where a member says that it is. */
    private static @Nullable JsonNode best(Endpoints endpoints) {
        JsonNode found = null;
        for (URI member : endpoints.members()) {
            JsonNode status = endpoints.ask(member, "/v1/status");
            if (status == null) {
                continue;
            }
            if (status.path("role").asText().equals("leader")) {
                return status;
            }
            found = found == null ? status : found;
        }
        JsonNode leaders = found == null ? null : ofTheLeader(endpoints, found);
        return leaders == null ? found : leaders;
    }

    private static @Nullable JsonNode ofTheLeader(Endpoints endpoints, JsonNode status) {
        for (JsonNode member : status.path("members")) {
            boolean leads =
                    member.path("id").asText().equals(status.path("leader").asText(null));
            if (leads && member.path("http").isTextual()) {
                return endpoints.ask(URI.create(member.path("http").asText()), "/v1/status");
            }
        }
        return null;
    }

    private static String table(JsonNode status) {
        StringBuilder text = new StringBuilder();
        text.append("cluster ").append(status.path("clusterId").asText());
        text.append(", leader ").append(status.path("leader").asText("none"));
        text.append(", term ").append(status.path("term").asLong());
        text.append(", revision ").append(status.path("revision").asLong());
        text.append(", seen by ").append(status.path("id").asText()).append('\n');
        Table table = new Table("MEMBER", "ROLE", "ALIVE", "MATCH", "STATE", "PEERS AT", "CLIENTS AT");
        for (JsonNode member : status.path("members")) {
            boolean leads =
                    member.path("id").asText().equals(status.path("leader").asText(null));
            String voting = member.path("voter").asBoolean() ? "voter" : "learner";
            table.row(
                    member.path("id").asText(),
                    leads ? "leader" : voting,
                    member.path("active").isNull() ? "-" : member.path("active").asBoolean() ? "yes" : "NO",
                    or(member.path("match")),
                    or(member.path("state")),
                    member.path("address").asText(),
                    or(member.path("http")));
        }
        text.append(table.text());
        for (JsonNode alarm : status.path("alarms")) {
            text.append("ALARM ").append(alarm.path("message").asText()).append('\n');
        }
        return text.toString();
    }

    private static String or(JsonNode value) {
        return value.isNull() || value.isMissingNode() ? "-" : value.asText();
    }

    private static @Nullable String wrong(JsonNode status) {
        if (!status.path("alarms").isEmpty()) {
            return status.path("alarms").get(0).path("message").asText();
        }
        if (!status.path("role").asText().equals("leader")) {
            return "no leader answers";
        }
        for (JsonNode member : status.path("members")) {
            if (!member.path("active").asBoolean()) {
                return member.path("id").asText() + " is not heard from";
            }
        }
        return null;
    }
}
