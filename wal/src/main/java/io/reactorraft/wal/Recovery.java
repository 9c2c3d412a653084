package io.reactorraft.wal;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.GroupStart;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.SegmentStart;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.proto.Truncation;
import io.reactorraft.spi.StartRefusedException;
import io.reactorraft.spi.StartRefusedException.Kind;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
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

    private final LogDirectory directory;
    private final String clusterId;
    private final String nodeId;
    private final Groups groups;
    private final RecordReader reader = new RecordReader();
    private final List<Segment> live = new ArrayList<>();
    private final List<Segment> obsolete = new ArrayList<>();
    private @Nullable SegmentHead owner;
    private final List<Segment> halfMade = new ArrayList<>();
    private @Nullable String tear;
    private long lastRecord;
    private long lastValidRecord;

    Recovery(LogDirectory directory, String clusterId, String nodeId, Groups groups) {
        this.directory = directory;
        this.clusterId = clusterId;
        this.nodeId = nodeId;
        this.groups = groups;
    }

    /**
     * What was found; the groups are in the {@link Groups} given.
     *
     * @param dataId null in a new log
     * @param lastRecord the number of the last valid record that stays
     * @param live the segments that hold records, oldest first
     * @param obsolete files to be removed once the next segment is durable
     * @param nextCycle behind every segment that was ever seen
     */
    record Result(
            @Nullable ByteString dataId, long lastRecord, List<Segment> live, List<Segment> obsolete, int nextCycle) {}

    Result run() throws IOException {
        List<Segment> segments = directory.segments();
        int nextCycle =
                segments.isEmpty() ? 1 : segments.get(segments.size() - 1).cycle() + 1;
        List<SegmentHead> heads = heads(segments);
        for (int i = 0; i < heads.size(); i++) {
            long limit = i + 1 < heads.size() ? heads.get(i + 1).previous() : Long.MAX_VALUE;
            replay(heads.get(i), limit);
        }
        checkHalfMade();
        checkNothingDurableIsMissing(segments);
        if (tear != null) {
            log.warn("{}; it was never acknowledged, so the log goes on behind record {}", tear, lastRecord);
        }
        for (GroupLog group : groups.numbered()) {
            checkNothingIsMissingBefore(group);
            group.recovered();
        }
        return new Result(owner == null ? null : owner.dataId(), lastRecord, live, obsolete, nextCycle);
    }

    /**
     * The heads of all segments. One without a head is a file that a crash left half made; several crashes, or starts that
     * failed, leave several. That nothing of the log was in them shows when those around them chain.
     */
    private List<SegmentHead> heads(List<Segment> segments) throws IOException {
        List<SegmentHead> heads = new ArrayList<>();
        for (Segment segment : segments) {
            try (FileChannel channel = open(segment)) {
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
        if (start.getFormatVersion() > RecordLayout.FORMAT_VERSION) {
            throw new StartRefusedException(
                    Kind.NEWER,
                    head.segment().path() + " has format " + start.getFormatVersion() + ", and this version knows "
                            + RecordLayout.FORMAT_VERSION + " at most; run the version that wrote it, or a later one");
        }
        if (!start.getClusterId().equals(clusterId) || !start.getNodeId().equals(nodeId)) {
            throw new StartRefusedException(
                    Kind.FOREIGN,
                    directory.root() + " belongs to node " + start.getNodeId() + " of cluster " + start.getClusterId()
                            + ", not to node " + nodeId + " of cluster " + clusterId
                            + "; use this node's own directory");
        }
        if (owner == null) {
            owner = head;
        } else if (!owner.dataId().equals(head.dataId())) {
            throw new StartRefusedException(
                    Kind.FOREIGN,
                    head.segment().path() + " was made with another data directory than "
                            + owner.segment().path() + "; put back the files that belong together");
        }
    }

    /** Replays a segment up to the record before the next one's head, which says how far this one counts. */
    private void replay(SegmentHead head, long limit) throws IOException {
        Segment segment = head.segment();
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
            reader.start(channel);
            long end = 0;
            while (lastRecord < limit && reader.next()) {
                if (reader.number() != lastRecord + 1) {
                    reader.refuse("record " + reader.number() + " stands where " + (lastRecord + 1) + " belongs");
                    break;
                }
                replay(segment);
                lastRecord++;
                end = reader.end();
            }
            if (limit == Long.MAX_VALUE) {
                checkTail(segment, end);
            } else if (lastRecord < limit) {
                long stoppedAt = reader.offset();
                String why = reader.stop();
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
                long proof = reader.findProof(0, lastRecord + 1);
                if (proof >= 0) {
                    throw damaged(segment, end, why + ", though it was durable before the record at " + proof);
                }
            }
            obsolete.add(segment);
        }
    }

    private void checkNothingDurableIsMissing(List<Segment> segments) throws IOException {
        long durable = WalMark.read(directory.root(), owner == null ? null : owner.dataId());
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
        if (group.lacksEntries()) {
            throw damaged(
                    live.get(0),
                    0,
                    "group " + group.groupId() + " begins behind entry "
                            + (group.view().firstIndex() - 1) + ", and no snapshot stands in for it: a segment before "
                            + "this one is missing");
        }
    }

    private void replay(Segment segment) throws IOException {
        try {
            switch (reader.type()) {
                case SEGMENT_START -> {}
                case GROUP_START -> groupStart(segment, GroupStart.parseFrom(reader.payload()));
                case ENTRY -> {
                    Entry entry = Entry.parseFrom(reader.payload());
                    long position = EntryIndex.position(segment.cycle(), (int) reader.offset());
                    connects(segment, group(segment).replay(entry, position), "entry " + entry.getIndex());
                }
                case TRUNCATE -> {
                    Truncation truncation = Truncation.parseFrom(reader.payload());
                    connects(segment, group(segment).replay(truncation), "truncation after " + truncation.getAfter());
                }
                case HARD_STATE -> group(segment).hardState(HardState.parseFrom(reader.payload()));
                case SNAPSHOT_MARK ->
                    group(segment).replay(SnapshotMetadata.parseFrom(reader.payload()), reader.logBegins());
            }
        } catch (InvalidProtocolBufferException e) {
            throw damaged(segment, reader.offset(), "a record cannot be decoded (" + e.getMessage() + ")");
        }
    }

    private void groupStart(Segment segment, GroupStart start) {
        GroupLog known = groups.byNumber(start.getNumber());
        boolean connects = known == null ? groups.recover(start) : known.endsAt(start);
        connects(segment, connects, "the start of group " + start.getGroupId());
        if (known != null) {
            known.goOn(start);
        }
    }

    private GroupLog group(Segment segment) {
        GroupLog group = groups.byNumber(reader.group());
        if (group == null) {
            throw damaged(segment, reader.offset(), "group " + reader.group() + " was never introduced");
        }
        return group;
    }

    private void connects(Segment segment, boolean connects, String what) {
        if (!connects) {
            throw damaged(segment, reader.offset(), what + " does not connect to the log before it");
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
