package io.reactorraft.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.ConfChange;
import io.reactorraft.proto.ConfChangeV2;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.EntryType;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Sizes by hand: 2 bytes each for term and index, 2 for the type where it is set, and 2 before the data. */
class EntrySizesTest {

    private final EntrySizes sizes = new EntrySizes();

    @Test
    void aCommandHasNoType() {
        assertThat(sizes.of(entry(11, EntryType.ENTRY_NORMAL, ByteString.copyFromUtf8("prop_1"))))
                .isEqualTo(2 + 2 + 2 + 6);
    }

    @Test
    void largeNumbersTakeMore() {
        assertThat(sizes.of(entry(300, EntryType.ENTRY_NORMAL, ByteString.copyFromUtf8("x".repeat(200)))))
                .isEqualTo(2 + 3 + 3 + 200);
    }

    @Test
    void theFirstEntryOfALeaderHasNoTypeButStandInsHaveOne() {
        Entry first = entry(11, EntryType.ENTRY_NORMAL, ByteString.EMPTY);
        Entry standIn = entry(13, EntryType.ENTRY_NORMAL, ByteString.EMPTY);
        sizes.sawAppended(List.of(first, standIn));

        assertThat(sizes.of(first)).isEqualTo(4);
        assertThat(sizes.of(standIn)).isEqualTo(6);
    }

    @Test
    void changesAreMeasuredAsTheyWereWritten() throws Exception {
        ConfChange older = ConfChange.newBuilder().setNodeId("2").build();
        ConfChangeV2 newer = ConfChangeV2.newBuilder()
                .addAllChanges(ConfChanges.parse("v1 r2"))
                .build();

        assertThat(sizes.of(entry(11, EntryType.ENTRY_CONF_CHANGE, older.toByteString())))
                .isEqualTo(6 + 2 + 4);
        assertThat(sizes.of(entry(11, EntryType.ENTRY_CONF_CHANGE_V2, newer.toByteString())))
                .isEqualTo(6 + 2 + 2 + 6 + 6);
        assertThat(sizes.of(entry(11, EntryType.ENTRY_CONF_CHANGE_V2, ByteString.EMPTY)))
                .isEqualTo(6);
    }

    @Test
    void asManyFitAsTheLimitAllowsButAtLeastOne() {
        List<Entry> entries = List.of(command(1), command(2), command(3));

        assertThat(sizes.limit(entries, 0)).hasSize(3);
        assertThat(sizes.limit(entries, 21)).hasSize(3);
        assertThat(sizes.limit(entries, 20)).hasSize(2);
        assertThat(sizes.limit(entries, 1)).hasSize(1);
        assertThat(sizes.limit(List.of(), 1)).isEmpty();
    }

    private static Entry command(long index) {
        return entry(index, EntryType.ENTRY_NORMAL, ByteString.copyFromUtf8("x"));
    }

    private static Entry entry(long index, EntryType type, ByteString data) {
        return Entry.newBuilder()
                .setTerm(1)
                .setIndex(index)
                .setType(type)
                .setData(data)
                .build();
    }
}
