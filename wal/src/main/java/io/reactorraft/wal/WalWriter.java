package io.reactorraft.wal;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.GroupStart;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.SegmentStart;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.proto.Truncation;
import io.reactorraft.spi.DiskFullException;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Turns what is to be written into numbered records, documents and segments, and knows how far they are durable.
 *
 * <p>Invariant: {@code durable <= last}, and both only grow. Used on the log's thread alone.
 */
final class WalWriter implements AutoCloseable {

    /** What records take beside themselves: the heads of documents, and the indexes that Chronicle adds. */
    private static final int SLACK = 16 << 10;

    private final WalConfig config;
    private final Groups groups;
    private final SegmentWriter writer;
    private final WalMark mark;
    private final SyncTimer timer;
    private final LogReader reader;
    private final SegmentStart owner;
    private final BatchEncoder encoder;
    private final List<Segment> segments;
    private long last;
    private long durable;
    private long[] positions = new long[1024];
    private int positioned;
    private int documentFirst;
    private int headBytes;
    private long sealedBytes;

    WalWriter(LogOpening.Wiring wiring, SegmentWriter writer, WalMark mark, SegmentStart owner, Recovery.Result found) {
        this.config = wiring.config();
        this.groups = wiring.groups();
        this.timer = wiring.timer();
        this.reader = wiring.reader();
        this.writer = writer;
        this.mark = mark;
        this.owner = owner;
        this.encoder = new BatchEncoder(config.maxDocumentBytes(), new RecordChecksum(owner.getChecksumSeed()));
        this.segments = new ArrayList<>(found.files().live());
        this.last = found.lastRecord();
        this.durable = found.lastRecord();
    }

    /** Begins this opening's first segment, and makes it and everything before it durable. */
    void begin() throws IOException {
        reader.begin(owner.getChecksumSeed());
        head();
        commit(true);
        mark.sync();
    }

    /** The 16 random bytes that were made with the directory. */
    ByteString dataId() {
        return owner.getDataId();
    }

    /** Refuses a group, before anything of it is written, that would leave no room in a segment for entries. */
    void check(GroupLog group, SnapshotMetadata snapshot) {
        GroupStart start = group.start(snapshot);
        int bytes = RecordLayout.sizeOf(start.getSerializedSize());
        if (!holds(start.getSerializedSize())) {
            throw tooLarge("the snapshot mark of group " + group.groupId(), start.getSerializedSize());
        }
        for (GroupLog other : groups.numbered()) {
            bytes += other == group ? 0 : RecordLayout.sizeOf(other.start().getSerializedSize());
        }
        if (bytes > config.maxHeadBytes()) {
            throw new IllegalArgumentException(
                    "group " + group.groupId() + ": the states and marks of all groups would take " + bytes
                            + " bytes at the head of each segment, and " + config.maxHeadBytes() + " are the limit");
        }
    }

    /** Whether a segment can hold a record with that payload. */
    boolean holds(int payloadBytes) {
        int bytes = RecordLayout.sizeOf(payloadBytes);
        return bytes > 0 && bytes <= config.maxDocumentBytes();
    }

    /**
     * Refuses, before anything of it is written, what the disk has no room for.
     *
     * @param bytes of all its records
     * @param largest payload of any of them
     * @param mayUseSpare whether it may use what is kept for the time when the disk is full
     */
    void checkRoom(long bytes, int largest, boolean mayUseSpare) {
        long needed = bytes + encoder.size() + SLACK + (mayUseSpare ? 0 : config.spareBytes());
        int usable = config.segmentBytes() - 2 * SLACK - headBytes - RecordLayout.sizeOf(largest);
        if (!writer.hasRoom(needed, usable)) {
            throw new DiskFullException("the disk of " + writer.path(writer.cycle())
                    + " has no room for another segment of " + config.segmentBytes() + " bytes (" + writer.full()
                    + "): make room, and it goes on by itself");
        }
    }

    /** Why entries are, or soon will be, refused; null: they are not. From any thread. */
    @Nullable
    String full() {
        return writer.full();
    }

    /** The refusal of what no segment could hold. */
    IllegalArgumentException tooLarge(String what, int payloadBytes) {
        return new IllegalArgumentException(what + " has " + payloadBytes + " bytes, and a record of a segment of "
                + config.segmentBytes() + " bytes takes " + config.maxDocumentBytes() + " at most");
    }

    /** Writes; durable after the next {@link #commit}. */
    void hardState(GroupLog group, HardState hardState) throws IOException {
        introduce(group);
        add(RecordType.HARD_STATE, group.number(), hardState);
        group.hardState(hardState);
    }

    /** Writes; durable after the next {@link #commit}. */
    void mark(GroupLog group, SnapshotMetadata snapshot, boolean logBegins) throws IOException {
        introduce(group);
        makeRoom(snapshot.getSerializedSize());
        encode(RecordType.SNAPSHOT_MARK, logBegins ? RecordLayout.LOG_BEGINS : 0, group.number(), snapshot);
        group.mark(snapshot, logBegins);
    }

    /**
     * Writes; durable after the next {@link #commit}.
     *
     * @return where in {@link #positions} the first entry's position stands, once committed
     */
    int entries(GroupLog group, List<Entry> entries) throws IOException {
        introduce(group);
        long before = entries.get(0).getIndex() - 1;
        if (before < group.last()) {
            Truncation truncation = Truncation.newBuilder()
                    .setAfter(before)
                    .setTerm(group.term(before))
                    .build();
            add(RecordType.TRUNCATE, group.number(), truncation);
            group.truncate(before);
        }
        int first = positioned;
        for (int i = 0; i < entries.size(); i++) {
            Entry entry = entries.get(i);
            int at = add(RecordType.ENTRY, group.number(), entry);
            if (positioned == positions.length) {
                positions = Arrays.copyOf(positions, positioned * 2);
            }
            positions[positioned++] = at;
            group.append(entry.getTerm());
        }
        return first;
    }

    /** Where the entries of the batch lie; valid from its commit to {@link #published}. */
    long[] positions() {
        return positions;
    }

    /** The positions were taken over. */
    void published() {
        positioned = 0;
        documentFirst = 0;
    }

    /** Hands what was written to the segment and, where it must be, makes all of it durable. */
    void commit(boolean mustSync) throws IOException {
        flush();
        if (mustSync && durable < last) {
            sync();
        }
        writer.prepareNext();
        measure();
    }

    /** Removes segments that every group has let go of, oldest first. */
    void compact() throws IOException {
        int removable = 0;
        while (removable + 1 < segments.size() && isReleased(segments.get(removable + 1))) {
            removable++;
        }
        if (removable == 0) {
            return;
        }
        commit(true); // the head that stands in for what goes
        List<Segment> old = new ArrayList<>();
        Iterator<Segment> oldest = segments.iterator();
        for (int i = 0; i < removable; i++) {
            Segment segment = oldest.next();
            if (writer.wrote(segment)) {
                old.add(SegmentSupply.setAside(segment));
            } else {
                Files.delete(segment.path());
            }
            LogDirectory.sync(LogDirectory.parent(segment.path()));
            oldest.remove();
        }
        segmentsChanged();
        int first = segments.get(0).cycle();
        for (GroupLog group : groups.numbered()) {
            group.view().compact(first);
            group.compact(group.view().firstIndex() - 1);
            measureCache(group);
        }
        writer.removed(old); // last: from here on they may be written, and nobody finds the way to them any more
    }

    /** Everything that is written is made durable; nothing can be written any more. */
    @Override
    public void close() throws IOException {
        try (mark;
                writer) {
            commit(true);
            mark.sync();
        }
    }

    /** Gives up files without another word to the disk, after an error. */
    void abandon() throws IOException {
        try (mark;
                writer) {
            encoder.clear();
        }
    }

    private boolean isReleased(Segment next) {
        for (GroupLog group : groups.numbered()) {
            if (next.lastBefore(group.number()) > group.releasable()) {
                return false;
            }
        }
        return true;
    }

    private void introduce(GroupLog group) throws IOException {
        if (group.number() == 0) {
            groups.number(group);
            add(RecordType.GROUP_START, group.number(), group.start());
        }
    }

    private int add(RecordType type, int group, MessageLite payload) throws IOException {
        makeRoom(payload.getSerializedSize());
        return encode(type, (byte) 0, group, payload);
    }

    /** Begins another document or another segment where the next record does not fit. */
    private void makeRoom(int payloadBytes) throws IOException {
        if (!encoder.fits(payloadBytes)) {
            flush();
        }
        if (!writer.fits(encoder.size() + RecordLayout.sizeOf(payloadBytes))) {
            roll();
        }
    }

    private int encode(RecordType type, byte flags, int group, MessageLite payload) {
        byte withUnsynced = RecordLayout.withUnsynced(flags, last - durable);
        last++;
        return encoder.add(type, withUnsynced, group, last, payload);
    }

    private void flush() throws IOException {
        if (encoder.isEmpty()) {
            return;
        }
        long at = writer.write(encoder.bytes());
        encoder.clear();
        long base = EntryIndex.position(writer.cycle(), Math.toIntExact(at));
        while (documentFirst < positioned) {
            positions[documentFirst++] += base;
        }
    }

    private void sync() throws IOException {
        long started = System.nanoTime();
        writer.sync();
        durable = last;
        mark.note(durable);
        timer.synced(System.nanoTime() - started, writer.cycle());
    }

    private void roll() throws IOException {
        flush();
        sync();
        int full = segments.size() - 1;
        segments.set(full, segments.get(full).endingAt(writer.roll()));
        head();
    }

    private void segmentsChanged() {
        reader.segments(segments);
        sealedBytes = 0;
        for (Segment sealed : segments.subList(0, segments.size() - 1)) {
            sealedBytes += sealed.bytes();
        }
        measure();
    }

    /** Reports what the newest entries of a group take in memory now. */
    void measureCache(GroupLog group) {
        timer.cached(group.groupId(), group.view().cachedBytes());
    }

    private void measure() {
        timer.size(sealedBytes + writer.openBytes());
    }

    /** The first records of a segment, from which alone a log can go on. */
    private void head() throws IOException {
        List<GroupStart> starts = new ArrayList<>();
        for (GroupLog group : groups.numbered()) {
            starts.add(group.start());
        }
        SegmentStart start = owner.toBuilder()
                .setPreviousRecord(last)
                .setGroups(starts.size())
                .setSegment(writer.cycle())
                .build();
        encode(RecordType.SEGMENT_START, (byte) 0, 0, start);
        headBytes = RecordLayout.sizeOf(start.getSerializedSize());
        for (GroupStart group : starts) {
            headBytes += RecordLayout.sizeOf(group.getSerializedSize());
            if (!encoder.fits(group.getSerializedSize())) {
                flush();
            }
            encode(RecordType.GROUP_START, (byte) 0, group.getNumber(), group);
        }
        flush();
        segments.add(new Segment(writer.cycle(), writer.path(writer.cycle())).with(starts));
        segmentsChanged();
    }
}
