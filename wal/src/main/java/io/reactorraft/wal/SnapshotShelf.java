package io.reactorraft.wal;

import io.reactorraft.proto.SnapshotFileHead;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.LogStore;
import io.reactorraft.spi.LogStore.Owner;
import io.reactorraft.spi.StartRefusedException;
import io.reactorraft.spi.StartRefusedException.Kind;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The snapshots of a directory: which of them count, by the marks of the log, and which go.
 *
 * <p>Used on the store's thread alone.
 */
final class SnapshotShelf {
    static final String DIRECTORY = "snapshots";
    private static final Logger log = LoggerFactory.getLogger(SnapshotShelf.class);

    private final Path directory;
    private final Owner owner;
    private final LogStore marks;
    private final int chunkBytes;
    private final List<Held> held = new ArrayList<>();
    private final Set<String> verified = new HashSet<>();

    /** Saved since opening, and not marked so far. */
    private final Set<String> unmarked = new HashSet<>();

    /** Found damaged or missing since opening: they go with the next mark. */
    private final Set<String> damaged = new HashSet<>();

    /** A file whose head was read, or that was written here. */
    private record Held(Path file, SnapshotMetadata metadata) {}

    SnapshotShelf(Path root, Owner owner, LogStore marks, int chunkBytes) {
        this.directory = root.resolve(DIRECTORY);
        this.owner = owner;
        this.marks = marks;
        this.chunkBytes = chunkBytes;
    }

    Path directory() {
        return directory;
    }

    /** Reads all heads, refuses what is not ours, and then removes what no mark names. */
    void open() throws IOException {
        Files.createDirectories(directory);
        LogDirectory.sync(LogDirectory.parent(directory));
        List<Path> temporary = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                if (file.toString().endsWith(SnapshotName.SUFFIX + SnapshotName.TEMPORARY_SUFFIX)) {
                    temporary.add(file);
                } else if (SnapshotName.of(file) != null) {
                    hold(file);
                }
            }
        }
        for (Path file : temporary) {
            Files.delete(file);
        }
        for (Held each : List.copyOf(held)) {
            SnapshotMetadata mark = marks.snapshotMark(each.metadata.getGroupId());
            boolean marked = each.metadata.getSnapshotId().equals(mark.getSnapshotId());
            if (!marked && each.metadata.getIndex() >= mark.getIndex()) {
                log.info("{} was never marked, and goes", each.file);
                remove(each);
            } else if (marked) {
                keepTwo(mark);
            }
        }
    }

    /** A snapshot was written. */
    void add(SnapshotMetadata metadata) {
        held.add(new Held(file(metadata), metadata));
        verified.add(metadata.getSnapshotId());
        unmarked.add(metadata.getSnapshotId());
    }

    /** A snapshot was discarded after all. */
    void forget(SnapshotMetadata metadata) {
        held.removeIf(each -> each.metadata.getSnapshotId().equals(metadata.getSnapshotId()));
        verified.remove(metadata.getSnapshotId());
        unmarked.remove(metadata.getSnapshotId());
        damaged.remove(metadata.getSnapshotId());
    }

    /** A snapshot that was saved is not going to be marked. */
    void discard(SnapshotMetadata metadata) throws IOException {
        String id = metadata.getSnapshotId();
        boolean marked =
                marks.snapshotMark(metadata.getGroupId()).getSnapshotId().equals(id);
        for (Held each : List.copyOf(held)) {
            if (!marked
                    && unmarked.contains(id)
                    && each.metadata.getSnapshotId().equals(id)) {
                remove(each);
            }
        }
    }

    /** This one cannot be read any more. */
    void isDamaged(SnapshotMetadata metadata) {
        verified.remove(metadata.getSnapshotId());
        damaged.add(metadata.getSnapshotId());
    }

    /**
     * Removes all before the one before the marked one, those that are damaged, and those that were overtaken before they
     * were marked: a mark never goes back. Answers the index of the one before, or 0.
     */
    long keepTwo(SnapshotMetadata mark) throws IOException {
        unmarked.remove(mark.getSnapshotId());
        for (Held each : List.copyOf(held)) {
            if (isOvertaken(each.metadata, mark)) {
                remove(each);
            }
        }
        List<Held> older = older(mark);
        for (int i = 1; i < older.size(); i++) {
            remove(older.get(i));
        }
        return older.isEmpty() ? 0 : older.get(0).metadata.getIndex();
    }

    private boolean isOvertaken(SnapshotMetadata each, SnapshotMetadata mark) {
        String id = each.getSnapshotId();
        if (!each.getGroupId().equals(mark.getGroupId()) || id.equals(mark.getSnapshotId())) {
            return false;
        }
        return each.getIndex() == mark.getIndex()
                || (each.getIndex() < mark.getIndex() && (unmarked.contains(id) || damaged.contains(id)));
    }

    /** See {@link io.reactorraft.spi.SnapshotStore#latest}; null where there is none. */
    @Nullable
    SnapshotMetadata latest(String groupId) {
        SnapshotMetadata mark = marks.snapshotMark(groupId);
        if (mark.getIndex() == 0) {
            return null;
        }
        long first = marks.view(groupId).firstIndex();
        if (verified.contains(mark.getSnapshotId())) {
            return mark;
        }
        SnapshotCheck marked = SnapshotCheck.of(file(mark), chunkBytes);
        String fault = marked.fault() == null && !isAsMarked(mark, marked.metadata())
                ? marked.file() + ":0 is damaged: it is whole, and yet not what was marked"
                : marked.fault();
        if (fault == null) {
            verified.add(mark.getSnapshotId());
            return mark;
        }
        damaged.add(mark.getSnapshotId());
        for (Held each : older(mark)) {
            SnapshotCheck older = SnapshotCheck.of(each.file, chunkBytes);
            String olderFault = each.metadata.getIndex() + 1 < first
                    ? each.file + " ends before the log begins, with entry " + first
                    : older.fault();
            if (olderFault == null) {
                log.warn("{}; going on from the snapshot before it, {}", fault, each.file);
                return older.metadata();
            }
            damaged.add(each.metadata.getSnapshotId());
            fault += "; " + olderFault;
        }
        if (first == 1) {
            log.warn("{}; going on from the log, which holds all entries", fault);
            return null;
        }
        throw new StartRefusedException(
                Kind.DAMAGED,
                fault + "; nothing stands in for the entries of group " + groupId + " before " + first
                        + ": replace this member, or restore its files");
    }

    /** How large the group's next one may become, as far as one can tell; 0: nothing is known. */
    long expectedBytes(String groupId) {
        return marks.snapshotMark(groupId).getSizeBytes();
    }

    /** Where there is no room for the log's next segment there is none to be kept for it. */
    boolean isLogFull() {
        return marks.isFull();
    }

    /** Where a snapshot lies. */
    Path file(SnapshotMetadata metadata) {
        return directory.resolve(new SnapshotName(metadata.getIndex(), metadata.getSnapshotId()).file());
    }

    private static boolean isAsMarked(SnapshotMetadata mark, @Nullable SnapshotMetadata found) {
        return found != null
                && found.getSizeBytes() == mark.getSizeBytes()
                && found.getCrc32C() == mark.getCrc32C()
                && found.getGroupId().equals(mark.getGroupId())
                && found.getIndex() == mark.getIndex()
                && found.getSnapshotId().equals(mark.getSnapshotId());
    }

    private void hold(Path file) throws IOException {
        SnapshotFileHead head;
        try (SnapshotReader reader = SnapshotReader.open(file, chunkBytes)) {
            head = reader.head();
        } catch (SnapshotDamagedException damaged) {
            log.warn("{}; it is passed over", damaged.getMessage());
            return;
        }
        if (head.getFormatVersion() > SnapshotLayout.FORMAT_VERSION) {
            throw new StartRefusedException(
                    Kind.NEWER,
                    file + " has format " + head.getFormatVersion() + ", and this version knows "
                            + SnapshotLayout.FORMAT_VERSION
                            + " at most; run the version that wrote it, or a later one");
        }
        if (!head.getClusterId().equals(owner.clusterId()) || !head.getDataId().equals(owner.dataId())) {
            throw new StartRefusedException(
                    Kind.FOREIGN,
                    file + " was made with another data directory, of cluster " + head.getClusterId()
                            + "; put back the files that belong together, or move it away");
        }
        if (file.equals(file(head.getMetadata()))) {
            held.add(new Held(file, head.getMetadata()));
        } else {
            log.warn("{} is not the snapshot that its name says, and is passed over", file);
        }
    }

    /** The snapshots before the marked one, newest first. */
    private List<Held> older(SnapshotMetadata mark) {
        return held.stream()
                .filter(each -> each.metadata.getGroupId().equals(mark.getGroupId())
                        && each.metadata.getIndex() < mark.getIndex())
                .sorted(Comparator.comparingLong((Held each) -> each.metadata.getIndex())
                        .reversed())
                .toList();
    }

    private void remove(Held each) throws IOException {
        Files.deleteIfExists(each.file);
        forget(each.metadata);
    }
}
