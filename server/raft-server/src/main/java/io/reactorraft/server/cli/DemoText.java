package io.reactorraft.server.cli;

import io.reactorraft.server.HostPort;
import io.reactorraft.server.Server;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;

/** What the demo says. */
final class DemoText {

    private DemoText() {}

    /** Who is there, and what to try. */
    static String welcome(List<Server.Ready> started, Path folder) {
        List<Server.Ready> members =
                started.stream().sorted(Comparator.comparing(Server.Ready::id)).toList();
        HostPort first = members.get(0).http();
        HostPort last = members.get(members.size() - 1).http();
        StringBuilder text = new StringBuilder();
        text.append(members.size()).append(" members, logs in ").append(folder).append('\n');
        for (Server.Ready member : members) {
            text.append("  ")
                    .append(member.id())
                    .append("  http://")
                    .append(member.http())
                    .append('\n');
        }
        text.append("Try, at any of them:\n");
        text.append("  curl -X PUT --data-binary hello http://").append(first).append("/v1/kv/greeting\n");
        text.append("  curl http://").append(last).append("/v1/kv/greeting\n");
        text.append("  curl -N http://").append(first).append("/v1/leadership\n");
        text.append("  curl http://").append(first).append("/v1/status\n");
        text.append("Ctrl-C ends it. Who leads:\n");
        return text.toString();
    }
}
