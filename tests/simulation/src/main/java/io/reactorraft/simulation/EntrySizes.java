package io.reactorraft.simulation;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import io.reactorraft.proto.ConfChange;
import io.reactorraft.proto.ConfChangeV2;
import io.reactorraft.proto.Entry;
import java.util.List;

/**
 * The size of an entry in the encoding that the scripts were made with. Where a batch of entries ends depends on it, to
 * the byte, in scripts that limit the batches; our own encoding leaves out zeroes and writes ids as text.
 *
 * <p>That encoding writes every number, be it zero, as a tag of one byte and a varint; data as a tag, its length and its
 * bytes, or not at all where there is none.
 */
final class EntrySizes {

    private static final long TAG = 1;

    private EntrySizes() {}

    static long of(Entry entry) {
        return (entry.getTypeValue() == 0 ? 0 : number(entry.getTypeValue()))
                + number(entry.getTerm())
                + number(entry.getIndex())
                + bytes(dataSize(entry));
    }

    /** As many entries from the start as fit, but at least one; {@code maxBytes} 0: no limit. */
    static List<Entry> limit(List<Entry> entries, long maxBytes) {
        if (maxBytes == 0 || entries.isEmpty()) {
            return entries;
        }
        int fitting = 1;
        long size = of(entries.get(0));
        while (fitting < entries.size()) {
            size += of(entries.get(fitting));
            if (size > maxBytes) {
                break;
            }
            fitting++;
        }
        return entries.subList(0, fitting);
    }

    private static long dataSize(Entry entry) {
        if (entry.getData().isEmpty()) {
            return 0;
        }
        try {
            return switch (entry.getType()) {
                case ENTRY_CONF_CHANGE -> size(ConfChange.parseFrom(entry.getData()));
                case ENTRY_CONF_CHANGE_V2 -> size(ConfChangeV2.parseFrom(entry.getData()));
                case ENTRY_NORMAL, UNRECOGNIZED -> entry.getData().size();
            };
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException("unreadable configuration change at index " + entry.getIndex(), e);
        }
    }

    /** There a change also has a number of its own, always zero here. */
    private static long size(ConfChange change) {
        return number(0)
                + number(change.getTypeValue())
                + number(id(change.getNodeId()))
                + bytes(change.getContext().size());
    }

    private static long size(ConfChangeV2 change) {
        long changes = change.getChangesList().stream()
                .mapToLong(single -> bytes(number(single.getTypeValue()) + number(id(single.getNodeId()))))
                .sum();
        return number(change.getTransitionValue())
                + changes
                + bytes(change.getContext().size());
    }

    private static long id(String id) {
        return Long.parseLong(Ids.print(id));
    }

    private static long number(long value) {
        return TAG + CodedOutputStream.computeUInt64SizeNoTag(value);
    }

    private static long bytes(long length) {
        return length == 0 ? 0 : number(length) + length;
    }
}
