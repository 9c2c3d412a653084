package io.reactorraft.server.kv;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import io.reactorraft.server.kv.proto.Remembered;
import io.reactorraft.server.kv.proto.Settings;
import io.reactorraft.server.kv.proto.SnapshotHeader;
import io.reactorraft.server.kv.proto.SnapshotPage;
import io.reactorraft.server.kv.proto.SnapshotPart;
import io.reactorraft.server.kv.proto.StoredChange;
import io.reactorraft.server.kv.proto.StoredEntry;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Iterator;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Writes a store into buffers and reads it back, a page at a time: never as a whole in memory. */
final class Snapshots {

    /** What this code writes, and the only thing it reads. */
    static final int FORMAT = 2;

    /** A page is closed once it has this many bytes, so it is at most one entry larger. */
    static final int PAGE_BYTES = 64 << 10;

    private static final int DOMAIN = 7;

    /** What an item of a page takes beside keys and values, about. */
    private static final int ITEM_BYTES = 64;

    private Snapshots() {}

    /** A store at one index; nothing of it changes any more. */
    @SuppressWarnings("ArrayRecordComponent") // never compared, and shared with nobody
    record Capture(
            SortedTree<Versioned> oldest, Change[] changes, SortedTree<Remembered> remembered, SnapshotHeader header) {}

    static SnapshotHeader.Builder header(Contents contents, Retries retries) {
        History history = contents.history();
        return SnapshotHeader.newBuilder()
                .setFormat(FORMAT)
                .setRevision(contents.revision())
                .setCompacted(history.compacted())
                .setEntries(history.oldest().size())
                .setChanges(history.size())
                .setRemembered(retries.size())
                .setForgottenUntilMillis(retries.forgottenUntilMillis());
    }

    /** The hash of what the header alone holds. */
    static long hash(long revision, long compacted, Settings settings) {
        return Digest.of(DOMAIN)
                .add(revision)
                .add(compacted)
                .add(settings.getVersion())
                .add(settings.getQuotaBytes())
                .add(settings.getHistory())
                .add(settings.getIdempotencyWindowMillis())
                .add(settings.getLeaseReads() ? 1 : 0)
                .value();
    }

    /** A header, then pages; each subscriber gets the same ones, at its own pace, on its own thread. */
    static Flux<ByteBuffer> write(Capture captured) {
        return Flux.concat(
                Mono.fromSupplier(() -> buffer(SnapshotPart.newBuilder().setHeader(captured.header()))),
                Flux.defer(() -> pages(captured.oldest().ascending(), Snapshots::addEntry)),
                Flux.defer(() -> pages(Arrays.asList(captured.changes()).iterator(), Snapshots::addChange)),
                Flux.defer(() -> pages(captured.remembered().ascending(), Snapshots::addRemembered)));
    }

    /** Pages of whatever {@code add} puts into them; it answers how many bytes that took. */
    private static <T> Flux<ByteBuffer> pages(Iterator<T> items, BiFunction<SnapshotPage.Builder, T, Integer> add) {
        return Flux.generate(sink -> {
            if (!items.hasNext()) {
                sink.complete();
                return;
            }
            SnapshotPage.Builder page = SnapshotPage.newBuilder();
            int bytes = 0;
            while (items.hasNext() && bytes < PAGE_BYTES) {
                bytes += ITEM_BYTES + add.apply(page, items.next());
            }
            sink.next(buffer(SnapshotPart.newBuilder().setPage(page)));
        });
    }

    private static int addEntry(SnapshotPage.Builder page, SortedTree.Node<Versioned> entry) {
        Versioned current = entry.value();
        page.addEntries(StoredEntry.newBuilder()
                .setKey(UnsafeByteOperations.unsafeWrap(entry.key()))
                .setValue(current.value())
                .setRevision(current.revision()));
        return entry.key().length + current.value().size();
    }

    private static int addChange(SnapshotPage.Builder page, Change change) {
        StoredChange.Builder stored =
                StoredChange.newBuilder().setKey(change.key()).setRevision(change.revision());
        Versioned value = change.value();
        if (value != null) {
            stored.setValue(value.value());
        }
        page.addChanges(stored);
        return change.key().size() + (value == null ? 0 : value.value().size());
    }

    private static int addRemembered(SnapshotPage.Builder page, SortedTree.Node<Remembered> entry) {
        page.addRemembered(entry.value());
        return entry.value().getSerializedSize();
    }

    private static ByteBuffer buffer(SnapshotPart.Builder part) {
        return ByteBuffer.wrap(part.build().toByteArray());
    }

    /**
     * Puts a store together from its buffers. What does not add up is refused: a store that lost an entry must not come
     * up as if it were whole.
     */
    static final class Loader {
        private final Contents contents;
        private final Retries retries;
        private @Nullable SnapshotHeader header;
        private SortedTree<Versioned> oldest = SortedTree.empty();
        private long oldestBytes;
        private long oldestHash;
        private boolean began;
        private byte[] lastKey = new byte[0];
        private byte[] lastRemembered = new byte[0];

        /** Loads into these, which are empty. */
        Loader(Contents contents, Retries retries) {
            this.contents = contents;
            this.retries = retries;
        }

        void add(ByteBuffer buffer) {
            SnapshotPart part = parse(buffer);
            if (part.hasHeader() && header == null) {
                header = known(part.getHeader());
                retries.reset(header.getForgottenUntilMillis());
            } else if (part.hasPage() && header != null) {
                SnapshotPage page = part.getPage();
                page.getEntriesList().forEach(this::add);
                page.getChangesList().forEach(this::add);
                page.getRememberedList().forEach(this::add);
            } else {
                throw damaged("a part of kind " + part.getPartCase() + " after "
                        + (header == null ? "nothing" : oldest.size() + " entries"));
            }
        }

        private void add(StoredEntry entry) {
            byte[] key = entry.getKey().toByteArray();
            if (Arrays.compareUnsigned(lastKey, key) >= 0 || began) {
                throw damaged("keys out of order after " + oldest.size() + " entries");
            }
            lastKey = key;
            Versioned value = new Versioned(entry.getValue(), entry.getRevision());
            oldest = oldest.with(key, value);
            oldestBytes += value.weight(key);
            oldestHash += value.hash(key);
        }

        private void add(StoredChange change) {
            begin();
            if (change.getRevision() != contents.revision() + 1) {
                throw damaged("revision " + change.getRevision() + " after " + contents.revision());
            }
            Versioned value = change.hasValue() ? new Versioned(change.getValue(), change.getRevision()) : null;
            contents.apply(new Change(change.getRevision(), change.getKey(), value));
        }

        private void add(Remembered remembered) {
            byte[] key = remembered.getKey().toByteArray();
            if (Arrays.compareUnsigned(lastRemembered, key) >= 0) {
                throw damaged("idempotency keys out of order after " + retries.size());
            }
            lastRemembered = key;
            retries.add(remembered);
        }

        /** The entries are all there; changes follow. */
        private void begin() {
            if (!began) {
                began = true;
                contents.reset(required().getCompacted(), oldest, oldestBytes, oldestHash);
            }
        }

        /** The header, once everything that it announces is there. */
        SnapshotHeader whole() {
            SnapshotHeader announced = required();
            begin();
            require("entries", oldest.size(), announced.getEntries());
            require("changes", contents.history().size(), announced.getChanges());
            require("idempotency keys", retries.size(), announced.getRemembered());
            require("revisions", contents.revision(), announced.getRevision());
            return announced;
        }

        /** What was loaded must be what was captured. */
        void requireHash(long loaded) {
            if (loaded != required().getHash()) {
                throw damaged("its hash is " + Long.toHexString(loaded) + " where its header says "
                        + Long.toHexString(required().getHash()));
            }
        }

        private static void require(String what, long found, long announced) {
            if (found != announced) {
                throw damaged(found + " " + what + " where its header says " + announced);
            }
        }

        private SnapshotHeader required() {
            if (header == null) {
                throw damaged("no header");
            }
            return header;
        }

        private static SnapshotHeader known(SnapshotHeader header) {
            if (header.getFormat() != FORMAT) {
                throw new IllegalStateException("the snapshot has format " + header.getFormat()
                        + ", this version reads format " + FORMAT + ": run the version that wrote it, or a later one");
            }
            return header;
        }

        private static SnapshotPart parse(ByteBuffer buffer) {
            try {
                return SnapshotPart.parseFrom(ByteString.copyFrom(buffer));
            } catch (InvalidProtocolBufferException unreadable) {
                throw new UncheckedIOException("the snapshot of the key-value store is damaged", unreadable);
            }
        }

        private static IllegalStateException damaged(String what) {
            return new IllegalStateException("the snapshot of the key-value store is damaged: " + what);
        }
    }
}
