package io.reactorraft.server.cli;

import io.reactorraft.server.api.Json;
import java.io.IOException;
import java.io.PrintStream;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code members}: as {@code member list}. */
@Command(name = "members", sortOptions = false, description = "Shows the members, as whoever answers knows them.")
final class MembersCommand implements Callable<Integer> {

    private final PrintStream out;

    @Mixin
    private final ClientOptions client = new ClientOptions();

    MembersCommand(PrintStream out) {
        this.out = out;
    }

    @Override
    public Integer call() throws IOException {
        Endpoints.Request list = Endpoints.Request.get("/v1/members");
        return MemberCommand.show(
                out, client, Json.parse(new Endpoints(client).send(list).body()));
    }
}
