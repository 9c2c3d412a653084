package io.reactorraft.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import net.openhft.chronicle.queue.ChronicleQueue;
import net.openhft.chronicle.queue.ExcerptTailer;
import net.openhft.chronicle.queue.RollCycles;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;
import net.openhft.chronicle.wire.DocumentContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What this log writes is a Chronicle queue like any other: its own tailer reads what our reader reads. */
class QueueInteropTest {

    @TempDir
    Path directory;

    @Test
    void chroniclesTailerFindsEveryDocument() throws IOException {
        ChronicleLogStore store = Logs.open(directory);
        for (int i = 1; i <= 40; i++) {
            Logs.append(store, Logs.entries(i, i, 10_000));
        }
        Logs.close(store);
        Path queue = Objects.requireNonNull(Logs.segments(directory).get(0).getParent());
        int heads = Logs.segments(directory).size();

        int documents = 0;
        long number = 0;
        try (ChronicleQueue reopened = SingleChronicleQueueBuilder.single(queue.toFile())
                        .rollCycle(RollCycles.FAST_HOURLY)
                        .blockSize(Logs.SMALL.segmentBytes())
                        .readOnly(true)
                        .build();
                ExcerptTailer tailer = reopened.createTailer()) {
            while (true) {
                try (DocumentContext document = tailer.readingDocument()) {
                    if (!document.isPresent()) {
                        break;
                    }
                    documents++;
                    var bytes = document.wire().bytes();
                    long first = bytes.readLong(bytes.readPosition() + RecordLayout.NUMBER);
                    assertThat(first).isGreaterThan(number);
                    number = first;
                }
            }
        }
        assertThat(documents).isEqualTo(40 + heads);
    }
}
