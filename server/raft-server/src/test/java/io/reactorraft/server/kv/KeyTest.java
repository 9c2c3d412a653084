package io.reactorraft.server.kv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyTest {

    @ParameterizedTest
    @ValueSource(strings = {"a", "a/b", "a/.b/..c", "...", "grüße/🚣", " ", "%41", "a?b#c", "a\u0000b"})
    void takesAnyTextWhoseSegmentsSurviveAProxy(String text) {
        assertThat(Key.of(text)).hasToString(text).isEqualTo(Key.of(text)).hasSameHashCodeAs(Key.of(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/a", "a/", "a//b", ".", "..", "a/.", "../a", "a/./b", "a/../b"})
    void refusesSegmentsThatProxiesRewrite(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> Key.of(text)).withMessageContaining("segment");
    }

    @Test
    void refusesTheEmptyKey() {
        assertThatIllegalArgumentException().isThrownBy(() -> Key.of("")).withMessage("a key must not be empty");
    }

    @Test
    void hasAtMost1024BytesWhateverTheCharacters() {
        assertThat(Key.of("é".repeat(512)).bytes()).hasSize(Key.MAX_BYTES);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Key.of("é".repeat(512) + "x"))
                .withMessage("a key has at most 1024 bytes, this one 1025");
    }

    @Test
    void refusesWhatIsNotUtf8() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Key.of(new byte[] {'a', (byte) 0xC3}))
                .withMessage("a key must be UTF-8");
        byte[] overlongSlash = {(byte) 0xC0, (byte) 0xAF};
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Key.of(overlongSlash))
                .withMessage("a key must be UTF-8");
    }

    @Test
    void differsByItsBytes() {
        assertThat(Key.of("a")).isNotEqualTo(Key.of("b")).isNotEqualTo("a");
    }
}
