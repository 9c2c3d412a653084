package io.reactorraft.server.kv;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.reactorraft.Committed;
import io.reactorraft.server.kv.proto.Command;
import io.reactorraft.server.kv.proto.SettingsChange;
import io.reactorraft.server.kv.proto.SnapshotHeader;
import io.reactorraft.server.kv.proto.SnapshotPart;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

class SnapshotsTest {

    private static final Duration SOON = Duration.ofSeconds(60);

    private final KeyValueStore store = new KeyValueStore();

    @Test
    void aStoreComesBackAsItWas() {
        for (int n = 0; n < 3000; n++) {
            put("key/" + n, "value " + n);
        }
        apply(Commands.delete(Key.of("key/7"), Commands.always()));

        KeyValueStore copy = new KeyValueStore();
        StepVerifier.create(copy.restore(store.snapshot())).expectComplete().verify(SOON);

        assertThat(copy.revision()).isEqualTo(3001);
        assertThat(copy.view().get(Key.of("key/7"))).isNull();
        assertThat(copy.view().get(Key.of("key/2999")))
                .isEqualTo(new Versioned(ByteString.copyFromUtf8("value 2999"), 3000));
        assertThat(parts(copy)).as("entry for entry").isEqualTo(parts(store));
    }

    @Test
    void aStoreThatLeapsHasItsContentAndNoRevisionThatAnybodySaw() {
        put("a", "1");
        put("b", "1");
        put("a", "2");
        store.leap(1_000);

        KeyValueStore copy = new KeyValueStore();
        StepVerifier.create(copy.restore(store.snapshot())).expectComplete().verify(SOON);

        assertThat(copy.revision()).isEqualTo(1_003);
        assertThat(copy.compactedRevision()).isEqualTo(1_003);
        assertThat(requireNonNull(copy.view().get(Key.of("a"))))
                .isEqualTo(new Versioned(ByteString.copyFromUtf8("2"), 3));
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> copy.view(3)).isInstanceOf(RevisionException.class);
    }

    @Test
    void anEmptyStoreIsASnapshotToo() {
        put("a", "1");
        StepVerifier.create(store.restore(new KeyValueStore().snapshot()))
                .expectComplete()
                .verify(SOON);
        assertThat(store.revision()).isZero();
        assertThat(store.view().get(Key.of("a")))
                .as("restore discards what was there")
                .isNull();
    }

    @Test
    void changesAfterTheCaptureAreNotInIt() {
        put("a", "1");
        Flux<ByteBuffer> captured = store.snapshot();
        put("a", "2");
        put("b", "1");

        StepVerifier.create(store.restore(captured)).expectComplete().verify(SOON);
        assertThat(store.revision()).isEqualTo(1);
        assertThat(store.view().get(Key.of("a"))).isEqualTo(new Versioned(ByteString.copyFromUtf8("1"), 1));
        assertThat(store.view().get(Key.of("b"))).isNull();
    }

    @Test
    void noBufferIsMuchLargerThanAPageOrAnEntry() {
        for (int n = 0; n < 100; n++) {
            put("small/" + n, "x".repeat(4000));
        }
        put("large", "x".repeat(Commands.MAX_VALUE_BYTES));
        for (ByteBuffer buffer : store.snapshot().toIterable()) {
            assertThat(buffer.remaining()).isLessThan(Commands.MAX_VALUE_BYTES + 2 * Snapshots.PAGE_BYTES);
        }
    }

    @Test
    void onlyWhatIsAskedForIsMade() {
        for (int n = 0; n < 100; n++) {
            put("key/" + n, "x".repeat(Snapshots.PAGE_BYTES));
        }
        StepVerifier.create(store.snapshot(), 2).expectNextCount(2).thenCancel().verify(SOON);
    }

    @Test
    void aSnapshotThatLostSomethingIsRefused() {
        apply(Commands.set(SettingsChange.newBuilder().setHistory(1_000).build()));
        for (int n = 0; n < 1_100; n++) {
            put("key/" + n, "x".repeat(400));
        }
        UUID uuid = new UUID(4 << 12, 7);
        apply(Commands.once(IdempotencyKey.bytes(uuid), Commands.delete(Key.of("key/1"), Commands.always())));
        List<ByteBuffer> whole = parts(store);
        int last = whole.size() - 1;
        assertThat(last).as("a header, entries, changes, idempotency keys").isGreaterThan(8);

        refused(Flux.fromIterable(whole.subList(0, last)), "0 idempotency keys where its header says 1");
        refused(Flux.fromIterable(whole.subList(0, last - 1)), "changes where its header says 1000");
        refused(Flux.fromIterable(whole.subList(1, last)), "PAGE after nothing");
        refused(Flux.just(whole.get(0), whole.get(2)), "0 entries where its header says 101");
        refused(
                Flux.just(whole.get(0), whole.get(1)).concatWith(Flux.fromIterable(whole.subList(3, last))),
                "revision");
        refused(Flux.just(whole.get(0), whole.get(1), whole.get(1)), "out of order");
        refused(Flux.just(whole.get(0), whole.get(2), whole.get(1)), "out of order");
        refused(Flux.just(whole.get(0), whole.get(0)), "HEADER after 0 entries");
        refused(Flux.empty(), "no header");
        refused(Flux.just(ByteBuffer.wrap(new byte[] {0x0A, 0x7F})), "damaged");
        StepVerifier.create(store.restore(Flux.fromIterable(whole).map(ByteBuffer::duplicate)))
                .as("whole, it is taken")
                .expectComplete()
                .verify(SOON);
    }

    @Test
    void anyOtherValueThanTheOneCapturedIsFoundOutByTheHash() {
        put("a", "1");
        put("b", "2");
        List<ByteBuffer> whole = parts(store);
        byte[] page = new byte[whole.get(1).remaining()];
        whole.get(1).duplicate().get(page);
        int at = new String(page, StandardCharsets.ISO_8859_1).indexOf('2');
        page[at] = '3';
        refused(Flux.just(whole.get(0), ByteBuffer.wrap(page)), "its hash is");
    }

    @Test
    void aFormatOfTheFutureIsRefusedByName() {
        SnapshotPart future = SnapshotPart.newBuilder()
                .setHeader(SnapshotHeader.newBuilder().setFormat(3))
                .build();
        refused(Flux.just(ByteBuffer.wrap(future.toByteArray())), "format 3");
    }

    private void refused(Flux<ByteBuffer> snapshot, String why) {
        StepVerifier.create(store.restore(snapshot.map(ByteBuffer::duplicate)))
                .expectErrorSatisfies(error -> assertThat(error).hasMessageContaining(why))
                .verify(SOON);
    }

    private static List<ByteBuffer> parts(KeyValueStore store) {
        return requireNonNull(store.snapshot().collectList().block(SOON));
    }

    private void put(String key, String value) {
        apply(Commands.put(Key.of(key), ByteString.copyFromUtf8(value), Commands.always()));
    }

    private void apply(Command command) {
        store.apply(new Committed<>(1, 1, Instant.EPOCH, 1, command));
    }
}
