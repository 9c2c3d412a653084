package io.reactorraft.server.http;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.netty.buffer.ByteBuf;
import io.reactorraft.server.api.Problem;
import io.reactorraft.server.api.ProblemType;
import java.util.Arrays;
import reactor.core.publisher.Mono;

/** Collects a request's body, up to a limit: one byte more and it is refused, without the rest having been read. */
final class Body {
    private static final int FIRST_BYTES = 16 << 10;

    private final Exchange exchange;
    private final String what;
    private final int maxBytes;
    private byte[] bytes;
    private int size;

    private Body(Exchange exchange, String what, int maxBytes, int expectedBytes) {
        this.exchange = exchange;
        this.what = what;
        this.maxBytes = maxBytes;
        this.bytes = new byte[expectedBytes];
    }

    /** The whole body, which is called {@code what} in a refusal; too large, too late or too much at once is a {@link Problem}. */
    static Mono<ByteString> read(Exchange exchange, String what, int maxBytes) {
        return Mono.defer(() -> {
            long declared = exchange.declaredLength();
            if (declared > maxBytes) {
                return Mono.error(tooLarge(what, maxBytes));
            }
            int first = (int) Math.min(declared, FIRST_BYTES); // what is only announced takes no room from others
            exchange.share().take(first);
            exchange.takeBody();
            return exchange.request()
                    .receive()
                    .reduceWith(() -> new Body(exchange, what, maxBytes, first), Body::add)
                    .map(Body::content)
                    .doOnNext(content -> exchange.bodyWasRead())
                    .timeout(
                            exchange.remaining(),
                            Mono.error(() -> Problem.of(ProblemType.TIMEOUT, "the body did not arrive in time")));
        });
    }

    private Body add(ByteBuf part) {
        int more = part.readableBytes();
        if (more > maxBytes - size) {
            throw tooLarge(what, maxBytes);
        }
        if (size + more > bytes.length) {
            int grown = Math.min(maxBytes, Math.max(2 * bytes.length, size + more));
            exchange.share().take(grown - (long) bytes.length);
            bytes = Arrays.copyOf(bytes, grown);
        }
        part.readBytes(bytes, size, more);
        size += more;
        return this;
    }

    private ByteString content() {
        return UnsafeByteOperations.unsafeWrap(bytes, 0, size);
    }

    private static Problem tooLarge(String what, int maxBytes) {
        return Problem.of(ProblemType.TOO_LARGE, what + " has at most " + maxBytes + " bytes");
    }
}
