package io.reactorraft.rsocket;

import io.reactorraft.spi.StartRefusedException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import reactor.test.StepVerifier;

class ProbeTest {

    private static final Duration SOON = Duration.ofSeconds(60);

    private final RSocketTransport transport = new RSocketTransport();

    @Test
    void aTakenPortIsFoundOutBeforeAnythingIsStarted() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String address = "127.0.0.1:" + taken.getLocalPort();
            StepVerifier.create(transport.probe(address))
                    .expectErrorMatches(error -> error instanceof StartRefusedException refused
                            && refused.kind() == StartRefusedException.Kind.ADDRESS
                            && ("cannot listen on " + address + ": address already in use").equals(error.getMessage()))
                    .verify(SOON);
        }
    }

    @Test
    void aFreePortIsLeftFree() {
        StepVerifier.create(transport.probe("127.0.0.1:0")).expectComplete().verify(SOON);
        StepVerifier.create(transport.probe("nonsense")).expectError().verify(SOON);
    }
}
