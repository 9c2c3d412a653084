package io.reactorraft.torture;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How the server is started.
 *
 * @param jar {@code raft-server.jar}
 * @param patch classes that take the place of its own; null: none
 */
record ServerCommand(Path jar, @Nullable Path patch) {
    static final int HTTP_PORT = 8001;
    private static final int PEER_PORT = 7001;
    private static final String HEAP = "-Xmx192m";

    /** A small number of entries, so that snapshots are taken, sent and restored all the time. */
    private static final int SNAPSHOT_ENTRIES = 1_000;

    /** One of those that found the cluster. */
    List<String> founding(String id, Wires wires, List<String> founders, Path data) {
        return of(
                id,
                wires,
                data,
                List.of(
                        "--initial-cluster",
                        founders.stream()
                                .map(each -> each + "=" + peer(wires, each))
                                .collect(Collectors.joining(","))));
    }

    /** One that asks these to be let in. */
    List<String> joining(String id, Wires wires, Collection<String> members, Path data, boolean learner) {
        List<String> asks = new ArrayList<>(List.of(
                "--join", members.stream().map(each -> peer(wires, each)).collect(Collectors.joining(","))));
        if (learner) {
            asks.add("--learner");
        }
        return of(id, wires, data, asks);
    }

    /** Where its peers reach it. */
    static String peer(Wires wires, String id) {
        return wires.host(id) + ":" + PEER_PORT;
    }

    private List<String> of(String id, Wires wires, Path data, List<String> how) {
        List<String> command = Java.withLog();
        Path where = jar.toAbsolutePath();
        command.addAll(List.of(
                HEAP, "-cp", patch == null ? where.toString() : patch.toAbsolutePath() + File.pathSeparator + where));
        command.addAll(List.of("io.reactorraft.server.RaftServer", "serve", "--id", id));
        command.addAll(List.of("--data-dir", data.toString(), "--cluster-id", "torture", "--insecure"));
        command.addAll(List.of("--peer-listen", peer(wires, id)));
        command.addAll(List.of("--http-listen", wires.host(id) + ":" + HTTP_PORT));
        command.addAll(List.of("--snapshot-entries", Integer.toString(SNAPSHOT_ENTRIES)));
        command.addAll(how);
        return command;
    }
}
