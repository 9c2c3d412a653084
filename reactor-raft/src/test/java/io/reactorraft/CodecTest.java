package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class CodecTest {

    @Test
    void everyCodecReadsBackWhatItWrote() {
        assertThat(roundTrip(Codec.utf8(), "grüße 🚣")).isEqualTo("grüße 🚣");
        assertThat(roundTrip(Codec.int64(), Long.MIN_VALUE)).isEqualTo(Long.MIN_VALUE);
        assertThat(roundTrip(Codec.bytes(), new byte[] {0, -1, 7})).containsExactly(0, -1, 7);
        assertThat(roundTrip(Codec.bytes(), new byte[0])).isEmpty();
    }

    @Test
    void bytesAreCopiedOutOfTheBufferTheyAreReadFrom() {
        byte[] source = {1, 2, 3};
        byte[] decoded = Codec.bytes().decode(ByteBuffer.wrap(source, 1, 2));
        source[1] = 9;
        assertThat(decoded).containsExactly(2, 3);
    }

    private static <T> T roundTrip(Codec<T> codec, T value) {
        return codec.decode(codec.encode(value).asReadOnlyBuffer());
    }
}
