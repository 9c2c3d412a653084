package io.reactorraft.server.kv;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import io.reactorraft.server.kv.proto.SnapshotHeader;
import io.reactorraft.server.kv.proto.SnapshotPage;
import io.reactorraft.server.kv.proto.SnapshotPart;
import io.reactorraft.server.kv.proto.StoredEntry;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Writes a store into buffers and reads it back, a page at a time: never as a whole in memory. */
final class Snapshots {

    /** What this code writes, and the only thing it reads. */
    static final int FORMAT = 1;

    /** A page is closed once it has this many bytes, so it is at most one entry larger. */
    static final int PAGE_BYTES = 64 << 10;

    private Snapshots() {}

    /** A header, then pages; each subscriber gets the same ones, at its own pace, on its own thread. */
    static Flux<ByteBuffer> write(SortedTree<Versioned> tree, long revision) {
        SnapshotHeader header = SnapshotHeader.newBuilder()
                .setFormat(FORMAT)
                .setRevision(revision)
                .setEntries(tree.size())
                .build();
        Flux<ByteBuffer> pages = Flux.generate(tree::ascending, (entries, sink) -> {
            if (entries.hasNext()) {
                sink.next(buffer(SnapshotPart.newBuilder().setPage(page(entries))));
            } else {
                sink.complete();
            }
            return entries;
        });
        return Flux.concat(
                Mono.fromSupplier(() -> buffer(SnapshotPart.newBuilder().setHeader(header))), pages);
    }

    private static SnapshotPage.Builder page(Iterator<SortedTree.Node<Versioned>> entries) {
        SnapshotPage.Builder page = SnapshotPage.newBuilder();
        int bytes = 0;
        while (entries.hasNext() && bytes < PAGE_BYTES) {
            SortedTree.Node<Versioned> entry = entries.next();
            Versioned current = entry.value();
            page.addEntries(StoredEntry.newBuilder()
                    .setKey(UnsafeByteOperations.unsafeWrap(entry.key()))
                    .setValue(current.value())
                    .setRevision(current.revision()));
            bytes += entry.key().length + current.value().size();
        }
        return page;
    }

    private static ByteBuffer buffer(SnapshotPart.Builder part) {
        return ByteBuffer.wrap(part.build().toByteArray());
    }

    /**
     * Puts a store together from its buffers. What does not add up is refused: a store that lost an entry must not come
     * up as if it were whole.
     */
    static final class Loader {
        private @Nullable SnapshotHeader header;
        private SortedTree<Versioned> tree = SortedTree.empty();
        private byte[] lastKey = new byte[0];

        void add(ByteBuffer buffer) {
            SnapshotPart part = parse(buffer);
            if (part.hasHeader() && header == null) {
                header = known(part.getHeader());
            } else if (part.hasPage() && header != null) {
                part.getPage().getEntriesList().forEach(this::add);
            } else {
                throw damaged("a part of kind " + part.getPartCase() + " after "
                        + (header == null ? "nothing" : tree.size() + " entries"));
            }
        }

        private void add(StoredEntry entry) {
            byte[] key = entry.getKey().toByteArray();
            if (Arrays.compareUnsigned(lastKey, key) >= 0) {
                throw damaged("keys out of order after " + tree.size() + " entries");
            }
            lastKey = key;
            tree = tree.with(key, new Versioned(entry.getValue(), entry.getRevision()));
        }

        long revision() {
            return whole().getRevision();
        }

        SortedTree<Versioned> tree() {
            if (whole().getEntries() != tree.size()) {
                throw damaged(tree.size() + " entries where its header says " + whole().getEntries());
            }
            return tree;
        }

        private SnapshotHeader whole() {
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
                return SnapshotPart.parseFrom(buffer);
            } catch (InvalidProtocolBufferException unreadable) {
                throw new UncheckedIOException("the snapshot of the key-value store is damaged", unreadable);
            }
        }

        private static IllegalStateException damaged(String what) {
            return new IllegalStateException("the snapshot of the key-value store is damaged: " + what);
        }
    }
}
