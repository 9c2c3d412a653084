package io.reactorraft.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class EventLinesTest {
    private static final String STREAM =
            "retry: 1000\n\nid: 4\n\nid: 5\nevent: put\ndata: {\"key\":\"id: data: \"}\n\n:\n\nid: 6\n\n";

    @Test
    void linesAreCountedHoweverTheBytesAreCut() {
        for (int piece = 1; piece <= STREAM.length(); piece++) {
            EventLines lines = new EventLines();
            for (int at = 0; at < STREAM.length(); at += piece) {
                String part = STREAM.substring(at, Math.min(STREAM.length(), at + piece));
                lines.take(Unpooled.copiedBuffer(part, StandardCharsets.US_ASCII));
            }
            assertThat(lines.ids()).as("ids, in pieces of %d", piece).isEqualTo(3);
            assertThat(lines.data()).as("events, in pieces of %d", piece).isEqualTo(1);
        }
    }
}
