package io.reactorraft.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.reactorraft.core.LogView;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.SnapshotMetadata;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ScriptedLogTest {

    private final ScriptedLog log = new ScriptedLog(new EntrySizes());

    @Test
    void anEmptyLogBeginsAtOne() {
        assertThat(log.firstIndex()).isEqualTo(1);
        assertThat(log.lastIndex()).isEqualTo(0);
        assertThat(log.term(0)).isEqualTo(0);
        assertThat(log.term(1)).isEqualTo(LogView.UNKNOWN_TERM);
        assertThat(log.snapshot()).isNull();
    }

    @Test
    void laterEntriesOfTheSameIndexReplaceTheRest() throws Exception {
        log.append(entries(1, 1, 5));
        log.append(entries(2, 3, 3));

        assertThat(log.lastIndex()).isEqualTo(3);
        assertThat(log.term(2)).isEqualTo(1);
        assertThat(log.term(3)).isEqualTo(2);
        assertThat(log.entries(2, 4, 0)).extracting(Entry::getIndex).containsExactly(2L, 3L);
    }

    @Test
    void compactionKeepsTheTermOfItsLastIndex() throws Exception {
        log.append(entries(1, 1, 5));
        log.compact(3);

        assertThat(log.firstIndex()).isEqualTo(4);
        assertThat(log.term(3)).isEqualTo(1);
        assertThat(log.term(2)).isEqualTo(LogView.UNKNOWN_TERM);
        assertThat(log.all()).extracting(Entry::getIndex).containsExactly(4L, 5L);
        assertThatThrownBy(() -> log.compact(3)).hasMessage("requested index is unavailable due to compaction");
        assertThatThrownBy(() -> log.compact(6)).hasMessage("compact 6 is out of bound lastindex(5)");
    }

    @Test
    void whatACompactionPassedIsNotAppendedAgain() throws Exception {
        log.append(entries(1, 1, 5));
        log.compact(3);
        log.append(entries(2, 2, 4));
        log.append(entries(2, 1, 2));

        assertThat(log.lastIndex()).isEqualTo(4);
        assertThat(log.term(4)).isEqualTo(2);
    }

    @Test
    void aGapIsRefused() {
        assertThatThrownBy(() -> log.append(entries(1, 2, 3))).hasMessage("missing log entry [last: 0, append at: 2]");
    }

    @Test
    void aSnapshotReplacesTheLog() throws Exception {
        log.append(entries(1, 1, 5));
        log.install(SnapshotMetadata.newBuilder().setIndex(9).setTerm(3).build());

        assertThat(log.firstIndex()).isEqualTo(10);
        assertThat(log.lastIndex()).isEqualTo(9);
        assertThat(log.term(9)).isEqualTo(3);
        assertThatThrownBy(() ->
                        log.install(SnapshotMetadata.newBuilder().setIndex(9).build()))
                .hasMessage("requested index is older than the existing snapshot");
    }

    private static List<Entry> entries(long term, long from, long to) {
        return LongStream.rangeClosed(from, to)
                .mapToObj(index ->
                        Entry.newBuilder().setTerm(term).setIndex(index).build())
                .toList();
    }
}
