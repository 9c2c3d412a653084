package io.reactorraft.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.reactorraft.proto.Entry;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

class BatchEncoderTest {
    private static final byte NO_FLAGS = 0;
    private static final long SEED = 0x0807_0605_0403_0201L;

    private final BatchEncoder encoder = new BatchEncoder(1 << 20, new RecordChecksum(SEED));

    @Test
    void aRecordStandsAsTheFormatSays() throws Exception {
        Entry entry = Logs.entry(7, 5);

        int at = encoder.add(RecordType.ENTRY, RecordLayout.withUnsynced(RecordLayout.LOG_BEGINS, 5), 3, 42, entry);
        ByteBuffer document = encoder.bytes();

        assertThat(at).isZero();
        assertThat(document.order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
        assertThat(document.position())
                .as("room for the header of the document")
                .isEqualTo(4);
        document = document.slice().order(ByteOrder.LITTLE_ENDIAN);
        assertThat(document.getInt(4)).isEqualTo(entry.getSerializedSize());
        assertThat(document.getLong(8)).isEqualTo(42);
        assertThat(document.get(16)).isEqualTo((byte) 3);
        assertThat(document.get(17)).isEqualTo((byte) 0x53);
        assertThat(document.getShort(18)).isEqualTo((short) 3);
        assertThat(Entry.parseFrom(document.slice(20, entry.getSerializedSize())))
                .isEqualTo(entry);
        assertThat(document.limit() % 4).isZero();
        CRC32C crc = new CRC32C();
        crc.update(new byte[] {1, 2, 3, 4, 5, 6, 7, 8});
        crc.update(document.slice(4, document.limit() - 4));
        assertThat(document.getInt(0)).isEqualTo((int) crc.getValue());
    }

    @Test
    void aRecordCountsTheUnsyncedOnesBeforeItUpToALimit() {
        assertThat(RecordLayout.unsynced(RecordLayout.withUnsynced(NO_FLAGS, 0)))
                .isZero();
        assertThat(RecordLayout.unsynced(RecordLayout.withUnsynced(RecordLayout.LAST_OF_DOCUMENT, 14)))
                .isEqualTo(14);
        assertThat(RecordLayout.unsynced(RecordLayout.withUnsynced(NO_FLAGS, 1_000)))
                .isEqualTo(RecordLayout.UNSYNCED_MANY);
    }

    @Test
    void onlyTheLastRecordOfADocumentSaysSo() {
        encoder.add(RecordType.ENTRY, NO_FLAGS, 1, 1, Logs.entry(1, 5));
        int second = encoder.add(RecordType.ENTRY, NO_FLAGS, 1, 2, Logs.entry(2, 5));
        ByteBuffer document = encoder.bytes().slice();

        assertThat(document.get(RecordLayout.FLAGS)).isZero();
        assertThat(document.get(second + RecordLayout.FLAGS)).isEqualTo(RecordLayout.LAST_OF_DOCUMENT);
    }

    @Test
    void zerosStandBehindADocumentAlsoWhereALongerOneStoodBefore() {
        encoder.add(RecordType.ENTRY, NO_FLAGS, 1, 1, Logs.entry(1, 20_000));
        encoder.bytes();
        encoder.clear();
        encoder.add(RecordType.ENTRY, NO_FLAGS, 1, 2, Logs.entry(2, 5));
        ByteBuffer document = encoder.bytes();
        int end = document.limit();

        document.limit(end + BatchEncoder.PADDING);
        for (int i = end; i < document.limit(); i++) {
            assertThat(document.get(i)).as("byte %d", i).isZero();
        }
    }

    @Test
    void aRecordLargerThanTheLimitDoesNotGoIn() {
        assertThatThrownBy(() -> encoder.add(RecordType.ENTRY, NO_FLAGS, 1, 1, Logs.entry(1, 1 << 20)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("exceeds");
    }

    @Test
    void nothingIsAllocatedPerEntry() {
        Entry[] entries = new Entry[64];
        for (int i = 0; i < entries.length; i++) {
            entries[i] = Logs.entry(i + 1, 256);
        }
        encode(entries, 300); // until compiled, and grown
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        double least = Double.MAX_VALUE;
        for (int round = 0; round < 10 && least >= 1; round++) { // a busy machine compiles later
            long before = threads.getCurrentThreadAllocatedBytes();
            encode(entries, 1_000);
            long allocated = threads.getCurrentThreadAllocatedBytes() - before;
            least = Math.min(least, allocated / (1_000.0 * entries.length));
        }
        assertThat(least).as("bytes per entry").isLessThan(1);
    }

    private void encode(Entry[] entries, int batches) {
        for (int batch = 0; batch < batches; batch++) {
            for (Entry entry : entries) {
                encoder.add(RecordType.ENTRY, NO_FLAGS, 1, entry.getIndex(), entry);
            }
            encoder.bytes();
            encoder.clear();
        }
    }
}
