package io.reactorraft.server.backup;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.reactorraft.server.kv.proto.BackupHeader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

class BackupTest {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final BackupHeader HEADER = BackupStream.header("prod", 77, 1_700_000_000_000L);
    private static final List<String> PARTS = List.of("first", "", "x".repeat(300));

    @Test
    void whatIsWrittenIsRead() throws IOException {
        byte[] whole = written();
        BackupReader reader = new BackupReader("b", new ByteArrayInputStream(whole));
        assertThat(reader.header()).isEqualTo(HEADER);
        assertThat(parts(reader)).isEqualTo(PARTS);
        assertThat(reader.offset()).isEqualTo(whole.length);
    }

    @Test
    void aFlipOfAnyByteIsNoticedAndSaysWhere() {
        byte[] whole = written();
        for (int at = 0; at < whole.length; at++) {
            byte[] flipped = whole.clone();
            flipped[at] ^= 0x11;
            assertThatThrownBy(() -> read(flipped))
                    .as("byte %d", at)
                    .isInstanceOf(BackupDamagedException.class)
                    .hasMessageMatching("b:\\d+ is damaged: .*");
        }
    }

    @Test
    void oneThatBreaksOffAnywhereOrGoesOnIsNotWhole() {
        byte[] whole = written();
        for (int length = 0; length < whole.length; length++) {
            byte[] torn = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> read(torn)).as("%d bytes", length).isInstanceOf(BackupDamagedException.class);
        }
        assertThatThrownBy(() -> read(Arrays.copyOf(whole, whole.length + 1)))
                .hasMessageContaining("something follows its end");
    }

    @Test
    void aFormatOfALaterVersionIsRefusedByName() {
        byte[] later = bytes(BackupStream.of(
                HEADER.toBuilder().setFormat(BackupFormat.FORMAT + 1).build(), Flux.empty()));
        assertThatThrownBy(() -> read(later)).hasMessageContaining("use the version that wrote it, or a later one");
    }

    private static byte[] written() {
        return bytes(BackupStream.of(
                HEADER,
                Flux.fromIterable(PARTS)
                        .map(part -> ByteBuffer.wrap(part.getBytes(java.nio.charset.StandardCharsets.UTF_8)))));
    }

    private static byte[] bytes(Flux<ByteBuffer> stream) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (ByteBuffer buffer : requireNonNull(stream.collectList().block(SOON))) {
            byte[] each = new byte[buffer.remaining()];
            buffer.get(each);
            bytes.writeBytes(each);
        }
        return bytes.toByteArray();
    }

    private static List<String> read(byte[] bytes) throws IOException {
        return parts(new BackupReader("b", new ByteArrayInputStream(bytes)));
    }

    private static List<String> parts(BackupReader reader) throws IOException {
        try {
            return requireNonNull(reader.content()
                    .map(part ->
                            java.nio.charset.StandardCharsets.UTF_8.decode(part).toString())
                    .collectList()
                    .onErrorMap(IOException.class, UncheckedIOException::new)
                    .block(SOON));
        } catch (UncheckedIOException failed) {
            throw requireNonNull(failed.getCause());
        }
    }
}
