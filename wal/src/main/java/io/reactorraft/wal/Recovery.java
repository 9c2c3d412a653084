package io.reactorraft.wal;

import com.google.protobuf.InvalidProtocolBufferException;
import io.reactorraft.proto.GroupStart;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.SegmentStart;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.proto.Truncation;
import io.reactorraft.spi.LogStore;
import io.reactorraft.spi.StartRefusedException;
import io.reactorraft.spi.StartRefusedException.Kind;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a log back: every record of every segment, in order, or a refusal that names the place.
 *
 * <p>The one thing that may be missing is a tail that nobody was ever told of: the last segment may end anywhere, as long
 * as {@link WalMark} does not say that more was durable, and no later record says so. Nothing on disk is changed here.
 */
final class Recovery {
    private static final Logger log = LoggerFactory.getLogger(Recovery.class);

    private static final long NANOS_BETWEEN_WORDS = TimeUnit.SECONDS.toNanos(3);

    private final LogDirectory directory;
    private final LogStore.@Nullable Owner expected;
    private final Groups groups;
    private final @Nullable Executor helper;
    private final RecordReader reader = new RecordReader();
    private final EntryHead entry = new EntryHead();
    private final List<Segment> live = new ArrayList<>();
    private final List<Segment> obsolete = new ArrayList<>();
    private @Nullable SegmentHead owner;
    private final List<Segment> halfMade = new ArrayList<>();
    private @Nullable String tear;
    private long lastRecord;
    private long lastValidRecord;
    private long nextWord = System.nanoTime() + NANOS_BETWEEN_WORDS;

    /**
     * @param expected whose log it must be; null: whoever's
     * @param helper reads ahead, see {@link ReadAhead}; null: nothing is
     */
    Recovery(LogDirectory directory, LogStore.@Nullable Owner expected, Groups groups, @Nullable Executor helper) {
        this.directory = directory;
        this.expected = expected;
        this.groups = groups;
        this.helper = helper;
    }

    /**
     * What was found; the groups are in the {@link Groups} given.
     *
     * @param owner the oldest head; null in a new log
     * @param tear where a tail that was never acknowledged was torn; null: nowhere
     * @param durable the highest record that {@code wal.mark} names; 0: none
     * @param lastRecord the number of the last valid record that stays
     */
    record Result(@Nullable SegmentHead owner, @Nullable String tear, long durable, long lastRecord, Files files) {}

    /**
     * Those of the log, by what becomes of them.
     *
     * @param live the segments that hold records, oldest first
     * @param obsolete to be removed once the next segment is durable
     * @param nextCycle behind every segment that was ever seen
     */
    record Files(List<Segment> live, List<Segment> obsolete, int nextCycle) {}

    Result run() throws IOException {
        List<Segment> segments = directory.segments();
        int nextCycle =
                segments.isEmpty() ? 1 : segments.get(segments.size() - 1).cycle() + 1;
        List<ReadAhead.Stretch> stretches = stretches(heads(segments));
        try (ReadAhead ahead = new ReadAhead(helper, stretches)) {
            for (int i = 0; i < stretches.size(); i++) {
                replay(stretches.get(i), ahead.of(i));
                sayHowFar(i + 1, stretches.size());
            }
        }
        checkHalfMade();
        long durable = WalMark.read(directory.root(), owner == null ? null : owner.dataId());
        checkNothingDurableIsMissing(durable, segments);
        for (GroupLog group : groups.numbered()) {
            checkNothingIsMissingBefore(group);
            group.recovered();
        }
        return new Result(owner, tear, durable, lastRecord, new Files(live, obsolete, nextCycle));
    }

    /** A large log takes its time; nobody should have to guess whether it is stuck. */
    private void sayHowFar(int segments, int of) {
        if (System.nanoTime() >= nextWord) {
            nextWord = System.nanoTime() + NANOS_BETWEEN_WORDS;
            log.info("{}: read back {} of {} segments, up to record {}", directory.root(), segments, of, lastRecord);
        }
    }

    /**
     * The heads of all segments. One without a head is a file that a crash left half made; several crashes, or starts that
     * failed, leave several. That nothing of the log was in them shows when those around them chain.
     */
    private List<SegmentHead> heads(List<Segment> segments) throws IOException {
        List<SegmentHead> heads = new ArrayList<>();
        for (Segment segment : segments) {
            try (FileChannel channel = open(segment)) {
                if (channel.size() > WalConfig.MAX_FILE_BYTES) {
                    throw damaged(segment, WalConfig.MAX_FILE_BYTES, "it is longer than any segment");
                }
                reader.start(channel);
                SegmentHead head = SegmentHead.read(segment, reader);
                if (head != null) {
                    checkOwner(head);
                    heads.add(head);
                } else {
                    halfMade.add(segment);
                }
            }
        }
        return heads;
    }

    private void checkOwner(SegmentHead head) {
        SegmentStart start = head.start();
        Segment segment = head.segment();
        if (start.getFormatVersion() > RecordLayout.FORMAT_VERSION) {
            throw new StartRefusedException(
                    Kind.NEWER,
                    segment.path() + ":0 has format " + start.getFormatVersion() + ", and this version knows "
                            + RecordLayout.FORMAT_VERSION + " at most; run the version that wrote it, or a later one");
        }
        if (!start.getKeyId().isEmpty()) {
            throw new StartRefusedException(
                    Kind.NEWER,
                    segment.path() + ":0 is encrypted with key " + start.getKeyId()
                            + ", and this version knows no encryption; run the version that wrote it, or a later one");
        }
        if (expected != null
                && !(start.getClusterId().equals(expected.clusterId())
                        && start.getNodeId().equals(expected.nodeId()))) {
            throw new StartRefusedException(
                    Kind.FOREIGN,
                    segment.path() + ":0 belongs to node " + start.getNodeId() + " of cluster " + start.getClusterId()
                            + ", not to node " + expected.nodeId() + " of cluster " + expected.clusterId()
                            + "; use this node's own directory");
        }
        if (start.getSegment() != segment.cycle()) {
            throw damaged(
                    segment, 0, "it is segment " + start.getSegment() + ", and its name is that of " + segment.cycle());
        }
        if (owner == null) {
            owner = head;
        } else if (!owner.dataId().equals(head.dataId())) {
            throw new StartRefusedException(
                    Kind.FOREIGN,
                    segment.path() + ":0 was made with another data directory than "
                            + owner.segment().path() + "; put back the files that belong together");
        }
    }

    /** The head of the next segment says how far one counts. */
    private static List<ReadAhead.Stretch> stretches(List<SegmentHead> heads) {
        List<ReadAhead.Stretch> stretches = new ArrayList<>();
        for (int i = 0; i < heads.size(); i++) {
            long last = i + 1 < heads.size() ? heads.get(i + 1).previous() : Long.MAX_VALUE;
            stretches.add(new ReadAhead.Stretch(heads.get(i), last));
        }
        return stretches;
    }

    /** Replays a segment as far as it counts, of which some was checked already, or nothing. */
    private void replay(ReadAhead.Stretch stretch, @Nullable CheckedRecords checked) throws IOException {
        SegmentHead head = stretch.head();
        Segment segment = head.segment();
        long limit = stretch.last();
        if (limit == head.previous()) {
            obsolete.add(segment); // an opening that wrote nothing; the next segment took its place
            return;
        }
        boolean first = live.isEmpty();
        if (!first && head.previous() != lastRecord) {
            blameTheHeadless(live.get(live.size() - 1));
            throw damaged(
                    segment,
                    0,
                    "it follows record " + head.previous() + ", and the log before it ends with record " + lastRecord
                            + ": a segment is missing");
        }
        if (first) {
            lastRecord = head.previous();
        }
        try (FileChannel channel = open(segment)) {
            reader.seed(head.seed());
            long end = checked == null ? 0 : checked.end();
            if (checked == null) {
                reader.start(channel);
            } else {
                while (checked.next()) {
                    replay(head, checked);
                }
                reader.startBehind(checked, channel);
            }
            while (lastRecord < limit && reader.next()) {
                if (reader.number() != lastRecord + 1) {
                    reader.refuse("record " + reader.number() + " stands where " + (lastRecord + 1) + " belongs");
                    break;
                }
                replay(head, reader);
                end = reader.end();
            }
            segment = segment.endingAt(end);
            if (limit == Long.MAX_VALUE) {
                checkTail(segment, end);
            } else if (lastRecord < limit) {
                long stoppedAt = reader.offset();
                String why = reader.endsClean()
                        ? "it ends with record " + lastRecord + ", and the next segment there is follows record "
                                + limit + ": a segment is missing"
                        : reader.stop();
                blameTheHeadless(segment);
                throw damaged(segment, stoppedAt, why);
            }
        }
        lastValidRecord = lastRecord;
        boolean idle = limit == Long.MAX_VALUE && lastRecord == head.lastRecord();
        if (idle) {
            lastRecord = head.previous();
        }
        (idle ? obsolete : live).add(segment);
    }

    /**
     * The last segment ends here. That is a torn tail, unless what follows proves that it had been durable.
     *
     * @param lastEnd where the last valid record ends: a damaged length may have led the walk past records that are whole
     */
    private void checkTail(Segment segment, long lastEnd) throws IOException {
        long end = reader.offset();
        String why = reader.stop();
        long proof = reader.findProof(lastEnd, lastRecord + 1);
        if (proof >= 0) {
            throw damaged(segment, end, why + ", though it was durable before the record at " + proof);
        }
        if (!reader.endsClean()) {
            tear = segment.path() + ":" + end + ": " + why;
        }
    }

    /** Records are missing behind this segment: if a file without a head follows it, that is where they were. */
    private void blameTheHeadless(Segment segment) throws IOException {
        for (Segment headless : halfMade) {
            if (headless.cycle() > segment.cycle()) {
                try (FileChannel channel = open(headless)) {
                    reader.start(channel);
                    SegmentHead.read(headless, reader);
                    throw damaged(headless, reader.offset(), reader.stop());
                }
            }
        }
    }

    /** A file without a head counts for nothing, unless something in it proves that its head had been durable. */
    private void checkHalfMade() throws IOException {
        for (Segment segment : halfMade) {
            try (FileChannel channel = open(segment)) {
                reader.start(channel);
                SegmentHead.read(segment, reader);
                long end = reader.offset();
                String why = reader.stop();
                if (owner != null) {
                    reader.seed(owner.seed());
                }
                long proof = reader.findProof(0, lastRecord + 1);
                if (proof >= 0) {
                    throw damaged(segment, end, why + ", though it was durable before the record at " + proof);
                }
            }
            obsolete.add(segment);
        }
    }

    private void checkNothingDurableIsMissing(long durable, List<Segment> segments) {
        if (durable > lastValidRecord) {
            String place = segments.isEmpty()
                    ? directory.root() + " has no segment"
                    : segments.get(segments.size() - 1).path() + ":" + reader.offset()
                            + " is damaged: the log ends with" + " record " + lastValidRecord;
            throw new StartRefusedException(
                    Kind.DAMAGED,
                    place + ", though record " + durable + " was durable; replace this member, or restore its files");
        }
    }

    private void checkNothingIsMissingBefore(GroupLog group) {
        if (group.lacksEntries() && owner != null) {
            throw damaged(
                    owner.segment(),
                    0,
                    "group " + group.groupId() + " begins behind entry "
                            + (group.view().firstIndex() - 1) + ", and no snapshot stands in for it: a segment before "
                            + "this one is missing");
        }
    }

    private void replay(SegmentHead head, Records record) throws IOException {
        Segment segment = head.segment();
        try {
            switch (record.type()) {
                case SEGMENT_START ->
                    connects(segment, record, lastRecord == head.previous(), "the start of a segment in its midst");
                case GROUP_START -> groupStart(segment, record, GroupStart.parseFrom(record.payload()));
                case ENTRY -> {
                    record.entry(entry);
                    long position = EntryIndex.position(segment.cycle(), (int) record.offset());
                    if (!group(segment, record).replay(entry.index(), entry.term(), position)) {
                        connects(segment, record, false, "entry " + entry.index());
                    }
                }
                case TRUNCATE -> {
                    Truncation truncation = Truncation.parseFrom(record.payload());
                    connects(
                            segment,
                            record,
                            group(segment, record).replay(truncation),
                            "truncation after " + truncation.getAfter());
                }
                case HARD_STATE -> group(segment, record).hardState(HardState.parseFrom(record.payload()));
                case SNAPSHOT_MARK ->
                    group(segment, record).replay(SnapshotMetadata.parseFrom(record.payload()), record.logBegins());
            }
        } catch (InvalidProtocolBufferException e) {
            throw damaged(segment, record.offset(), "a record cannot be decoded (" + e.getMessage() + ")");
        }
        lastRecord++;
    }

    private void groupStart(Segment segment, Records record, GroupStart start) {
        GroupLog known = groups.byNumber(start.getNumber());
        boolean connects = known == null ? groups.recover(start) : known.endsAt(start);
        connects(segment, record, connects, "the start of group " + start.getGroupId());
        if (known != null) {
            known.goOn(start);
        }
    }

    private GroupLog group(Segment segment, Records record) {
        GroupLog group = groups.byNumber(record.group());
        if (group == null) {
            throw damaged(segment, record.offset(), "group " + record.group() + " was never introduced");
        }
        return group;
    }

    private static void connects(Segment segment, Records record, boolean connects, String what) {
        if (!connects) {
            throw damaged(segment, record.offset(), what + " does not connect to the log before it");
        }
    }

    private static FileChannel open(Segment segment) throws IOException {
        return FileChannel.open(segment.path(), StandardOpenOption.READ);
    }

    private static StartRefusedException damaged(Segment segment, long offset, String what) {
        return new StartRefusedException(
                Kind.DAMAGED,
                segment.path() + ":" + offset + " is damaged: " + what + "; replace this member, or restore its files");
    }
}
