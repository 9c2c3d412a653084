package io.reactorraft.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.reactorraft.core.LogView;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.EntryType;
import io.reactorraft.proto.HardState;
import io.reactorraft.spi.DiskFullException;
import io.reactorraft.spi.LogStore;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What a {@link LogStore} that knows of full disks owes the nodes that write to it, beside all of {@link LogStoreContract}.
 * Extend it, and say how the disk becomes full and how there is room again.
 */
public abstract class FullDiskContract extends LogStoreContract {

    /**
     * Makes the disk so full that the store refuses entries.
     *
     * @return the last index that it took of {@link #GROUP}, all in term 1, from 1 on
     */
    protected abstract long fill(LogStore store) throws Exception;

    /** Makes room, and returns once the store, which looks by itself, has begun to use it. */
    protected abstract void makeRoom(LogStore store) throws Exception;

    @Test
    void aFullDiskRefusesEntriesAndNothingOfTheirAppendIsWritten() throws Exception {
        LogStore store = open();
        long last = fill(store);

        assertThat(store.isFull()).isTrue();
        assertThatThrownBy(() -> store.append(GROUP, hardState(9, "n9", 0), entries(last + 1, last + 1, 1))
                        .block(SOON))
                .isInstanceOf(DiskFullException.class)
                .hasMessageContaining("make room");

        assertThat(store.view(GROUP).lastIndex()).isEqualTo(last);
        assertThat(store.hardState(GROUP)).isEqualTo(HardState.getDefaultInstance());
    }

    @Test
    void aFullDiskTakesVotesChangesOfTheConfigurationAndMarks() throws Exception {
        LogStore store = open();
        long last = fill(store);
        Entry change = entry(last + 1, 2).toBuilder()
                .setType(EntryType.ENTRY_CONF_CHANGE_V2)
                .build();

        store.append(GROUP, hardState(2, "n2", 0), List.of()).block(SOON);
        append(store, List.of(change));
        store.mark(GROUP, snapshot(last + 1, 2)).block(SOON);
        makeRoom(store);

        LogStore again = reopen();
        assertThat(again.hardState(GROUP)).isEqualTo(hardState(2, "n2", 0));
        assertThat(again.view(GROUP).lastIndex()).isEqualTo(last + 1);
        assertThat(again.snapshotMark(GROUP)).isEqualTo(snapshot(last + 1, 2));
    }

    @Test
    void itGoesOnByItselfOnceThereIsRoom() throws Exception {
        LogStore store = open();
        long last = fill(store);

        makeRoom(store);

        append(store, entries(last + 1, last + 3, 1));
        assertThat(store.isFull()).isFalse();
        assertThat(read(reopen(), last + 1, last + 4, 0)).isEqualTo(entries(last + 1, last + 3, 1));
    }

    @Test
    void truncationAndCompactionOfOneLogAreFoundAgain() {
        LogStore store = open();
        append(store, entries(1, 40, 1));
        append(store, entries(21, 60, 2));
        store.mark(GROUP, snapshot(30, 2)).block(SOON);
        store.compact(GROUP, 30).block(SOON);
        append(store, entries(51, 70, 3));
        store.mark(GROUP, snapshot(55, 3)).block(SOON);
        store.compact(GROUP, 55).block(SOON);
        long first = store.view(GROUP).firstIndex();

        LogStore again = reopen();
        assertThat(again.view(GROUP).firstIndex()).isEqualTo(first).isLessThanOrEqualTo(56);
        assertThat(again.view(GROUP).lastIndex()).isEqualTo(70);
        assertThat(again.view(GROUP).term(50)).isIn(2L, LogView.UNKNOWN_TERM);
        assertThat(read(again, 56, 71, 0)).isEqualTo(entries(56, 70, 3));
    }
}
