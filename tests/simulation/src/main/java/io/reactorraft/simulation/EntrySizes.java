package io.reactorraft.simulation;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import io.reactorraft.proto.ConfChange;
import io.reactorraft.proto.ConfChangeV2;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.EntryType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The sizes of entries in the encoding that the scripts were made with. Where a batch of entries ends depends on them, to
 * the byte, in scripts that limit the batches; our own encoding leaves out other fields and writes ids as text.
 *
 * <p>There a field that was set is written even if it is zero: a number as a tag of one byte and a varint, data as a tag,
 * its length and its bytes. Term and index are always set. The type is set in changes of the configuration, and in the
 * empty entries that stand in for refused ones; commands and the first entry of a leader leave it out.
 *
 * <p>One for each script: only who has seen all entries can tell the two kinds of empty ones. Not for several threads.
 */
final class EntrySizes {

    private static final long TAG = 1;

    private final Map<Long, Long> firstIndexOfTerm = new HashMap<>();

    /** Takes note of entries that a node is about to append; a leader's first ones come before anybody measures them. */
    void sawAppended(List<Entry> entries) {
        for (Entry entry : entries) {
            firstIndexOfTerm.merge(entry.getTerm(), entry.getIndex(), Math::min);
        }
    }

    long of(Entry entry) {
        return (hasType(entry) ? number(entry.getTypeValue()) : 0)
                + number(entry.getTerm())
                + number(entry.getIndex())
                + bytes(dataSize(entry));
    }

    private boolean hasType(Entry entry) {
        if (entry.getType() != EntryType.ENTRY_NORMAL) {
            return true;
        }
        // A leader begins its term with an empty entry (§5.4.2 and §8); any later one replaces a refused change.
        return entry.getData().isEmpty()
                && entry.getIndex() > firstIndexOfTerm.getOrDefault(entry.getTerm(), entry.getIndex());
    }

    /** As many entries from the start as fit, but at least one; {@code maxBytes} 0: no limit. */
    List<Entry> limit(List<Entry> entries, long maxBytes) {
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

    private static long size(ConfChange change) {
        return number(change.getTypeValue())
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
