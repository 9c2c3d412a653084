package io.reactorraft.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whoever walks a file sees its bytes. */
class FileWindowTest {
    private static final int BYTES = 9 << 20;

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void whatIsSeenIsWhatIsThere(long seed) throws IOException {
        Random random = new Random(seed);
        byte[] bytes = new byte[BYTES];
        random.nextBytes(bytes);
        Path file = Files.write(directory.resolve("file"), bytes);
        FileWindow window = new FileWindow();

        for (int round = 0; round < 3; round++) {
            try (FileChannel channel = FileChannel.open(file)) {
                window.attach(channel);
                for (long at = 0; at < BYTES - 8; ) {
                    int length = 8 + length(random);
                    assertThat(window.has(at, length)).isEqualTo(at + length <= BYTES);
                    if (at + length <= BYTES) {
                        assertThat(window.get(at)).isEqualTo(bytes[(int) at]);
                        assertThat(window.get(at + length - 1)).isEqualTo(bytes[(int) at + length - 1]);
                        assertThat(window.slice(at, length).get(length / 2)).isEqualTo(bytes[(int) at + length / 2]);
                    }
                    at = next(random, at, length);
                }
            }
        }
    }

    @Test
    void aFileThatBecameShorterEndsTheWalk() throws IOException {
        Path file = Files.write(directory.resolve("file"), new byte[BYTES]);
        FileWindow window = new FileWindow();
        try (FileChannel channel = FileChannel.open(file);
                FileChannel other = FileChannel.open(file, java.nio.file.StandardOpenOption.WRITE)) {
            window.attach(channel);
            assertThat(window.has(0, 8)).isTrue();

            other.truncate(5 << 20);

            assertThat(window.has(6 << 20, 8)).isFalse();
            assertThat(window.has(4 << 20, 8)).isTrue();
            assertThat(window.has((5 << 20) - 4, 8)).isFalse();
        }
    }

    /** Mostly small, as records are; now and then one that is larger than any window. */
    private static int length(Random random) {
        return switch (random.nextInt(200)) {
            case 0 -> random.nextInt(5 << 20);
            case 1, 2, 3 -> random.nextInt(300_000);
            default -> random.nextInt(2_000);
        };
    }

    /** Mostly on; sometimes back, as whoever looks for something does. */
    private static long next(Random random, long at, int length) {
        return random.nextInt(1_000) == 0 ? Math.max(0, at - random.nextInt(3 << 20)) : at + random.nextInt(length);
    }
}
