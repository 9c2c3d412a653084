package io.reactorraft.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import io.reactorraft.server.api.Json;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code member}: shows the members, and changes them. A change that is not done in time goes on by itself; asking again
 * tells of it.
 */
@Command(name = "member", description = "Shows the members of the cluster, and changes them.")
final class MemberCommand implements Runnable {

    private final PrintStream out;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    MemberCommand(PrintStream out) {
        this.out = out;
    }

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "say what to do: list, add, remove, promote, replace or apply");
    }

    @Command(name = "list", sortOptions = false, description = "Shows the members, as whoever answers knows them.")
    int list(@Mixin ClientOptions client) throws IOException {
        return show(client, Endpoints.Request.get("/v1/members"));
    }

    @Command(
            name = "add",
            sortOptions = false,
            description = "Adds a member, or moves, promotes or demotes it. A new voter learns until it has caught up.")
    int add(
            @Mixin ClientOptions client,
            @Parameters(paramLabel = "ID") String id,
            @Parameters(paramLabel = "HOST:PORT", description = "Where its peers reach it.") String address,
            @Option(names = "--learner", description = "Without a vote.") boolean learner)
            throws IOException {
        return show(client, request("POST", "/v1/members", member(id, address, learner), false));
    }

    @Command(name = "remove", sortOptions = false, description = "Removes a member; it is told, and ends.")
    int remove(@Mixin ClientOptions client, @Parameters(paramLabel = "ID") String id) throws IOException {
        String dataId = known(client, id);
        String path = "/v1/members/" + KeyPath.encoded(id);
        Endpoints.Request whatever = request("DELETE", path, null, false);
        if (dataId.isEmpty()) {
            return show(client, whatever);
        }
        try {
            return show(client, request("DELETE", path + "?dataId=" + dataId, null, true));
        } catch (RequestFailedException failed) {
            if (failed.isRefusalOf("dataId")) {
                return show(client, whatever); // a server of an earlier version, which takes no data directory here
            }
            throw failed;
        }
    }

    @Command(name = "promote", sortOptions = false, description = "Gives a learner its vote, once it has caught up.")
    int promote(@Mixin ClientOptions client, @Parameters(paramLabel = "ID") String id) throws IOException {
        return show(client, request("POST", "/v1/members/" + KeyPath.encoded(id) + "/promote", null, false));
    }

    @Command(
            name = "replace",
            sortOptions = false,
            description = "Expects the member back with an empty disk, under its id and address.")
    int replace(
            @Mixin ClientOptions client,
            @Parameters(paramLabel = "ID") String id,
            @Option(
                            names = "--data-id",
                            paramLabel = "HEX",
                            defaultValue = "",
                            description = "The data directory that is lost, as 'member list -o json' shows it. Default:"
                                    + " the one that the member is known by now. Once another took its place, nothing"
                                    + " happens.")
                    String lost)
            throws IOException {
        String dataId = lost.isEmpty() ? known(client, id) : lost;
        ObjectNode body = Json.object();
        if (!dataId.isEmpty()) {
            body.put("dataId", dataId);
        }
        try {
            return show(
                    client,
                    request("POST", "/v1/members/" + KeyPath.encoded(id) + "/replace", body, !dataId.isEmpty()));
        } catch (RequestFailedException failed) {
            throw failed.exitCode() == ExitCode.UNKNOWN && !dataId.isEmpty()
                    ? new RequestFailedException(
                            ExitCode.UNKNOWN, failed.getMessage() + "; ask again with --data-id " + dataId)
                    : failed;
        }
    }

    /** By which data directory it is known, before anything is asked: what takes its place is to stay. */
    private static String known(ClientOptions client, String id) throws IOException {
        JsonNode members = Json.parse(
                new Endpoints(client).send(Endpoints.Request.get("/v1/members")).body());
        for (JsonNode each : members.path("members")) {
            if (each.path("id").asText().equals(id)) {
                return each.path("dataId").asText("");
            }
        }
        return "";
    }

    @Command(
            name = "apply",
            sortOptions = false,
            description = "Has the cluster be exactly these members, by as many steps as it takes.")
    int apply(
            @Mixin ClientOptions client,
            @Parameters(arity = "1..*", paramLabel = "ID=HOST:PORT", description = "The voters.") List<String> voters)
            throws IOException {
        ArrayNode target = Json.object().putArray("members");
        for (String each : voters) {
            int equals = each.indexOf('=');
            if (equals < 1) {
                throw new RequestFailedException(ExitCode.USAGE, "'" + each + "' is not ID=HOST:PORT");
            }
            target.add(member(each.substring(0, equals), each.substring(equals + 1), false));
        }
        ObjectNode body = Json.object();
        body.set("members", target);
        return show(client, request("PUT", "/v1/members", body, false));
    }

    private static ObjectNode member(String id, String address, boolean learner) {
        ObjectNode body = Json.object();
        body.put("id", id);
        body.put("address", address);
        body.put("learner", learner);
        return body;
    }

    /**
     * What is asked.
     *
     * @param again whether it does no harm once more: all that names no disk might undo what others have changed meanwhile
     */
    private static Endpoints.Request request(String method, String path, @Nullable ObjectNode body, boolean again) {
        return new Endpoints.Request(
                method,
                path,
                body == null ? Map.of() : Map.of("Content-Type", "application/json"),
                body == null ? null : ByteString.copyFrom(Json.bytes(body)),
                again);
    }

    private int show(ClientOptions client, Endpoints.Request request) throws IOException {
        return show(out, client, Json.parse(new Endpoints(client).send(request).body()));
    }

    static int show(PrintStream out, ClientOptions client, JsonNode answer) {
        if (client.json()) {
            out.println(answer);
            return ExitCode.DONE;
        }
        Table table = new Table("MEMBER", "VOTES", "PEERS AT", "CLIENTS AT");
        for (JsonNode each : answer.path("members")) {
            table.row(
                    each.path("id").asText(),
                    each.path("learner").asBoolean() ? "no" : "yes",
                    each.path("address").asText(),
                    each.path("http").asText("-"));
        }
        out.print(table.text());
        return ExitCode.DONE;
    }
}
