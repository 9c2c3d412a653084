package io.reactorraft.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.reactorraft.Member;
import io.reactorraft.server.HostPort;
import io.reactorraft.server.ServerConfig;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ServeSettingsTest {

    private final ServeOptions options = new ServeOptions();

    ServeSettingsTest() {
        options.id = "n1";
        options.dataDir = Path.of("data");
        options.clusterId = "test";
        options.initialCluster = "n1=127.0.0.1:7001, n2=[::1]:7002";
        options.heartbeat = Duration.ofMillis(100);
        options.electionTimeout = Duration.ofSeconds(1);
        options.requestTimeout = Duration.ofSeconds(10);
        options.snapshotBytes = 64 << 20;
    }

    @Test
    void aMemberListensWhereTheClusterSaysItIs() {
        ServerConfig config = ServeSettings.check(options, line -> {});
        assertThat(config.peerListen()).hasToString("127.0.0.1:7001");
        assertThat(config.peerAdvertise()).isNull();
        assertThat(config.initialCluster())
                .containsExactly(Member.voter("n1", "127.0.0.1:7001"), Member.voter("n2", "[::1]:7002"));
    }

    @Test
    void orWhereItIsTold() {
        options.peerListen = HostPort.parse("localhost:9");
        options.peerAdvertise = HostPort.parse("127.0.0.1:7001");
        ServerConfig config = ServeSettings.check(options, line -> {});
        assertThat(config.peerListen()).hasToString("localhost:9");
        assertThat(config.peerAdvertise()).hasToString("127.0.0.1:7001");
    }

    @Test
    void eachWaiverOpensItsOwnDoorOnly() {
        options.httpListen = HostPort.parse("0.0.0.0:8001");
        refused("", "--http-listen 0.0.0.0:8001");
        refused("false", "--http-listen 0.0.0.0:8001");
        refused("peer", "--http-listen 0.0.0.0:8001");
        refused("http", "--http-listen 0.0.0.0:8001");
        accepted("http,tokens");

        options.peerListen = HostPort.parse("0.0.0.0:7001");
        refused("http,tokens", "--peer-listen 0.0.0.0:7001");
        accepted("peer,http, tokens");
        accepted("true");
    }

    @Test
    void anUnknownWaiverIsNamed() {
        refused("peers", "--insecure: 'peers' is not peer, http or tokens");
        refused("peer,", "--insecure: '' is not");
    }

    private void accepted(String insecure) {
        options.insecure = insecure;
        assertThat(ServeSettings.check(options, line -> {}).id()).isEqualTo("n1");
    }

    private void refused(String insecure, String named) {
        options.insecure = insecure;
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ServeSettings.check(options, line -> {}))
                .withMessageContaining(named);
    }
}
