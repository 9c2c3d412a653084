package io.reactorraft.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FreePortsTest {

    @Test
    void portsAreFreeDifferentAndBelowTheRangeOfOutgoingConnections() {
        List<Integer> ports = FreePorts.find(9, new Random(1));
        assertThat(ports).doesNotHaveDuplicates().hasSize(9);
        assertThat(ports).allMatch(port -> port >= FreePorts.LOWEST && port < FreePorts.HIGHEST);
    }

    @Test
    void aPortThatIsTakenIsPassedOver() throws IOException {
        int first = FreePorts.find(1, new Random(7)).get(0);
        try (ServerSocket taken = new ServerSocket(first, 1, InetAddress.getLoopbackAddress())) {
            assertThat(FreePorts.find(1, new Random(7))).doesNotContain(taken.getLocalPort());
        }
    }
}
