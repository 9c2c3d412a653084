package io.reactorraft.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.reactorraft.spi.Transport;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;

/** The contract of all transports, and what a network without sockets adds to it. */
@DisplayName("The in-memory transport")
class InMemoryTransportTest extends TransportContract {

    private final Scheduler scheduler = Schedulers.newParallel("memory", 4, true);
    private final InMemoryNetwork network = new InMemoryNetwork(scheduler, 1);

    @AfterEach
    void disposeScheduler() {
        scheduler.dispose();
    }

    @Override
    protected Transport transport() {
        return network.transport();
    }

    @Override
    protected String anyAddress() {
        return network.freeAddress();
    }

    @Override
    protected void cut(Transport transport, String peerId) {
        network.cut("a", peerId);
    }

    @Override
    protected void mend(Transport transport, String peerId) {
        network.mend("a", peerId);
    }

    @Test
    void theSameSeedLosesTheSameMessages() {
        List<Long> once = heardUnderLoss(7);

        assertThat(once).hasSizeBetween(400, 600).isSorted();
        assertThat(heardUnderLoss(7)).isEqualTo(once);
        assertThat(heardUnderLoss(8)).isNotEqualTo(once);
    }

    private static List<Long> heardUnderLoss(long seed) {
        VirtualTimeScheduler time = VirtualTimeScheduler.create();
        InMemoryNetwork network = new InMemoryNetwork(time, seed);
        TransportNode a = start(network, "a");
        TransportNode b = start(network, "b");
        a.peers(a, b);
        network.lose(0.5);

        LongStream.rangeClosed(1, 1_000).forEach(index -> a.send(b, index));
        time.advanceTime();

        return b.heardIndexes();
    }

    private static TransportNode start(InMemoryNetwork network, String id) {
        String address = network.freeAddress();
        return TransportNode.start(network.transport(), TransportNode.identity(id, address), address);
    }

    @Test
    void aFractionIsZeroToOne() {
        assertThatThrownBy(() -> network.lose(1.5)).hasMessageContaining("1.5");
        assertThatThrownBy(() -> network.lose(Double.NaN)).hasMessageContaining("NaN");
    }
}
