package io.reactorraft;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;

/**
 * Turns a value into bytes and back. Called on several threads at once, so it must have no state.
 *
 * <p>What was once written must be readable for as long as a log or a snapshot holds it.
 */
public interface Codec<T> {

    /** The bytes of a value. The buffer is the caller's from then on. */
    ByteBuffer encode(T value);

    /** The value of these bytes. The buffer is read-only, and valid during the call alone: copy what is kept. */
    T decode(ByteBuffer bytes);

    /** A codec of two functions. */
    static <T> Codec<T> of(Function<? super T, ByteBuffer> toBytes, Function<ByteBuffer, ? extends T> fromBytes) {
        return new Codec<>() {
            @Override
            public ByteBuffer encode(T value) {
                return toBytes.apply(value);
            }

            @Override
            public T decode(ByteBuffer bytes) {
                return fromBytes.apply(bytes);
            }
        };
    }

    /** Bytes as they are. */
    static Codec<byte[]> bytes() {
        return of(ByteBuffer::wrap, Codec::copy);
    }

    /** Text as UTF-8. */
    static Codec<String> utf8() {
        return of(
                text -> ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)),
                buffer -> StandardCharsets.UTF_8.decode(buffer).toString());
    }

    /** A long as eight bytes, the highest first. */
    static Codec<Long> int64() {
        return of(value -> ByteBuffer.allocate(Long.BYTES).putLong(value).flip(), ByteBuffer::getLong);
    }

    private static byte[] copy(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }
}
