package io.reactorraft.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.reactorraft.proto.HardState;
import io.reactorraft.spi.LogStore;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

@DisplayName("The log store in memory")
class InMemoryLogStoreTest extends FullDiskContract {
    private final InMemoryDisk disk = new InMemoryDisk();

    @Override
    protected LogStore store() {
        return new InMemoryLogStore(disk);
    }

    @Override
    protected long fill(LogStore store) {
        append(store, entries(1, 3, 1));
        disk.fill();
        return 3;
    }

    @Override
    protected void makeRoom(LogStore store) {
        disk.makeRoom();
    }

    @Test
    void whileSyncsAreHeldNothingIsShownOrAnswered() {
        LogStore store = open();
        disk.hold();

        Mono<Void> first = store.append(GROUP, HardState.getDefaultInstance(), entries(1, 2, 1));
        Mono<Void> second = store.append(GROUP, HardState.getDefaultInstance(), entries(3, 3, 1));

        assertThat(store.view(GROUP).lastIndex()).isZero();
        StepVerifier.create(first.and(second))
                .then(disk::release)
                .expectComplete()
                .verify(SOON);
        assertLog(store, entries(1, 3, 1));
    }

    @Test
    void aLossOfPowerTakesWhatWasNotSynced() {
        LogStore store = open();
        store.append(GROUP, hardState(2, "n1", 0), entries(1, 2, 2)).block(SOON);
        store.append(GROUP, hardState(2, "n1", 2), List.of()).block(SOON);
        disk.hold();
        Mono<Void> lost = store.append(GROUP, hardState(3, "n2", 2), entries(3, 3, 3));

        disk.losePower();

        assertThatThrownBy(() -> append(store, entries(3, 3, 2))).isInstanceOf(IllegalStateException.class);
        LogStore again = open();
        assertThat(again.hardState(GROUP)).isEqualTo(hardState(2, "n1", 0));
        assertLog(again, entries(1, 2, 2));
        StepVerifier.create(lost).expectSubscription().thenCancel().verify(SOON);
    }
}
