package io.reactorraft.server.cli;

import io.reactorraft.Member;
import io.reactorraft.server.HostPort;
import io.reactorraft.server.ServerConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a demo's logs lie, and the addresses of its members. A folder that stays keeps the addresses too, in the file
 * {@code members}: the logs know them. A temporary one is removed at the end.
 */
final class DemoFolder implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(DemoFolder.class);
    private static final String LOOPBACK = "127.0.0.1";

    private final Path path;
    private final boolean temporary;
    private final List<Member> members;

    private DemoFolder(Path path, boolean temporary, List<Member> members) {
        this.path = path;
        this.temporary = temporary;
        this.members = members;
    }

    /**
     * Opens {@code given}, or a temporary folder.
     *
     * @throws IllegalArgumentException where the folder holds a demo of another size, or no demo
     */
    static DemoFolder open(@Nullable Path given, int nodes) {
        try {
            if (given == null) {
                return new DemoFolder(Files.createTempDirectory("raft-demo-"), true, freshMembers(nodes));
            }
            Files.createDirectories(given);
            Path file = given.resolve("members");
            if (!Files.exists(file)) {
                List<Member> fresh = freshMembers(nodes);
                Files.writeString(file, text(fresh));
                return new DemoFolder(given, false, fresh);
            }
            List<Member> known = read(file);
            if (known.size() != nodes) {
                throw new IllegalArgumentException("--data-dir " + given + " holds a demo of " + known.size()
                        + " members: say --nodes " + known.size() + " or take another folder");
            }
            return new DemoFolder(given, false, known);
        } catch (IOException failed) {
            String where = given == null ? "the folder for temporary files" : "--data-dir " + given;
            throw new UncheckedIOException(where + " cannot be used (" + failed + ")", failed);
        }
    }

    Path path() {
        return path;
    }

    /** A configuration for each member; {@code httpPort} is the first one's, 0 for free ones. */
    List<ServerConfig> configs(int httpPort) {
        List<ServerConfig> configs = new ArrayList<>();
        for (Member member : members) {
            int port = httpPort == 0 ? 0 : httpPort + configs.size();
            configs.add(new ServerConfig(
                    member.id(),
                    path.resolve(member.id()),
                    "demo",
                    HostPort.parse(member.address()),
                    null,
                    new HostPort(LOOPBACK, port),
                    null,
                    members,
                    ServerConfig.Timing.DEFAULTS,
                    ServerConfig.Ports.NONE,
                    ServerConfig.Snapshots.DEFAULTS,
                    ServerConfig.Join.NONE,
                    null));
        }
        return configs;
    }

    /** All ports are held until the last is found, so that no two are the same. */
    private static List<Member> freshMembers(int nodes) throws IOException {
        List<ServerSocket> held = new ArrayList<>();
        try {
            List<Member> members = new ArrayList<>();
            for (int n = 1; n <= nodes; n++) {
                ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                held.add(socket);
                members.add(Member.voter("n" + n, LOOPBACK + ":" + socket.getLocalPort()));
            }
            return members;
        } finally {
            for (ServerSocket socket : held) {
                socket.close();
            }
        }
    }

    private static String text(List<Member> members) {
        return members.stream()
                .map(member -> member.id() + "=" + member.address() + "\n")
                .collect(Collectors.joining());
    }

    private static List<Member> read(Path file) throws IOException {
        List<Member> members = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            int equals = line.indexOf('=');
            if (equals < 1) {
                throw new IllegalArgumentException(file + ": '" + line + "' is not ID=HOST:PORT");
            }
            members.add(Member.voter(line.substring(0, equals), line.substring(equals + 1)));
        }
        return members;
    }

    /** Removes what was temporary. Leftovers are said, not thrown: the demo is over. */
    @Override
    public void close() {
        if (!temporary) {
            return;
        }
        try (Stream<Path> all = Files.walk(path)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(each);
            }
        } catch (IOException | UncheckedIOException failed) {
            LOG.warn("{} could not be removed: {}", path, failed.toString());
        }
    }
}
