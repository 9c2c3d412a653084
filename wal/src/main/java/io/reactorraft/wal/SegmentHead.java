package io.reactorraft.wal;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.reactorraft.proto.GroupStart;
import io.reactorraft.proto.SegmentStart;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a segment begins with: whose it is, what it follows, and every group as it stood.
 *
 * @param segment with the last indexes that this head says
 */
record SegmentHead(Segment segment, SegmentStart start) {

    /** The number of the last record before this segment. */
    long previous() {
        return start.getPreviousRecord();
    }

    /** The number of the last record of this head. */
    long lastRecord() {
        return previous() + 1 + start.getGroups();
    }

    /** What the checksums of its other records begin with. */
    long seed() {
        return start.getChecksumSeed();
    }

    ByteString dataId() {
        return start.getDataId();
    }

    /** The head of the segment that the reader stands before; null where it is not whole. Seeds the reader. */
    static @Nullable SegmentHead read(Segment segment, RecordReader reader) throws IOException {
        if (!reader.next()) {
            return null;
        }
        if (reader.type() != RecordType.SEGMENT_START) {
            reader.refuse("the first record is not the start of a segment");
            return null;
        }
        try {
            SegmentStart start = SegmentStart.parseFrom(reader.payload());
            reader.seed(start.getChecksumSeed());
            List<GroupStart> groups = new ArrayList<>();
            while (groups.size() < start.getGroups()) {
                if (!reader.next()) {
                    return null;
                }
                if (reader.type() != RecordType.GROUP_START) {
                    reader.refuse("the head has fewer groups than it says");
                    return null;
                }
                if (reader.number() != start.getPreviousRecord() + 2 + groups.size()) {
                    reader.refuse("the head ends where that of an earlier segment in this file goes on");
                    return null;
                }
                groups.add(GroupStart.parseFrom(reader.payload()));
            }
            return new SegmentHead(segment.with(groups), start);
        } catch (InvalidProtocolBufferException e) {
            reader.refuse("the head cannot be decoded (" + e.getMessage() + ")");
            return null;
        }
    }
}
