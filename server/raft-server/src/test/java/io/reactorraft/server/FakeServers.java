package io.reactorraft.server;

import io.reactorraft.Member;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/** Servers around a {@link FakeNode}, for tests in other packages. */
public final class FakeServers {

    private FakeServers() {}

    /** A server on a free port whose node applies to its own store, by the real clock; not yet started. */
    public static Server whole() {
        return new Server(config(), "1.2.3", (ignored, url, store, metrics) -> {
            FakeNode node = new FakeNode(store);
            node.time(Instant.now());
            return node;
        });
    }

    /** A server on a free port, not yet started. */
    public static Server around(FakeNode node) {
        return new Server(config(), "1.2.3", (ignored, url, store, metrics) -> node);
    }

    private static ServerConfig config() {
        return new ServerConfig(
                "n1",
                Path.of("unused"),
                "test",
                HostPort.parse("127.0.0.1:7001"),
                null,
                HostPort.parse("127.0.0.1:0"),
                null,
                List.of(Member.voter("n1", "127.0.0.1:7001")),
                ServerConfig.Timing.DEFAULTS,
                ServerConfig.Ports.NONE,
                ServerConfig.Snapshots.DEFAULTS,
                ServerConfig.Join.NONE,
                null);
    }
}
