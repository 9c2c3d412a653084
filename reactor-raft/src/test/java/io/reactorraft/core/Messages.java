package io.reactorraft.core;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import io.reactorraft.proto.SnapshotMetadata;
import java.util.ArrayList;
import java.util.List;

/** Messages as peers would send them, for tests that look at single steps. */
final class Messages {

    private Messages() {}

    static Message.Builder message(MessageType type, String from, String to, long term) {
        return Message.newBuilder().setType(type).setFrom(from).setTo(to).setTerm(term);
    }

    /** Entries of these terms behind {@code (index, logTerm)}. */
    static Message append(String from, String to, long term, long[] previous, long commit, long... terms) {
        return message(MessageType.MSG_APPEND, from, to, term)
                .setIndex(previous[0])
                .setLogTerm(previous[1])
                .setCommit(commit)
                .addAllEntries(entries(previous[0] + 1, terms))
                .build();
    }

    /** The last index and term before what is appended. */
    static long[] after(long index, long term) {
        return new long[] {index, term};
    }

    /** Entries from {@code first} on, one for each of these terms. */
    static List<Entry> entries(long first, long... terms) {
        List<Entry> entries = new ArrayList<>();
        for (long term : terms) {
            entries.add(entry(first + entries.size(), term));
        }
        return entries;
    }

    static Entry entry(long index, long term) {
        return Entry.newBuilder()
                .setIndex(index)
                .setTerm(term)
                .setData(ByteString.copyFromUtf8("entry " + index))
                .build();
    }

    static Message acknowledge(String from, String to, long term, long index) {
        return message(MessageType.MSG_APPEND_RESPONSE, from, to, term)
                .setIndex(index)
                .build();
    }

    static Message reject(String from, String to, long term, long index, long hint) {
        return message(MessageType.MSG_APPEND_RESPONSE, from, to, term)
                .setIndex(index)
                .setReject(true)
                .setRejectHint(hint)
                .build();
    }

    static Message heartbeat(String from, String to, long term, long commit) {
        return message(MessageType.MSG_HEARTBEAT, from, to, term)
                .setCommit(commit)
                .build();
    }

    static Message heartbeatResponse(String from, String to, long term) {
        return message(MessageType.MSG_HEARTBEAT_RESPONSE, from, to, term).build();
    }

    static Message vote(String from, String to, long term, long lastIndex, long lastTerm) {
        return message(MessageType.MSG_VOTE, from, to, term)
                .setIndex(lastIndex)
                .setLogTerm(lastTerm)
                .build();
    }

    static Message preVote(String from, String to, long term, long lastIndex, long lastTerm) {
        return vote(from, to, term, lastIndex, lastTerm).toBuilder()
                .setType(MessageType.MSG_PRE_VOTE)
                .build();
    }

    static Message voted(String from, String to, long term, boolean granted) {
        return message(MessageType.MSG_VOTE_RESPONSE, from, to, term)
                .setReject(!granted)
                .build();
    }

    static Message snapshot(String from, String to, long term, SnapshotMetadata metadata) {
        return message(MessageType.MSG_SNAPSHOT, from, to, term)
                .setSnapshot(metadata)
                .build();
    }

    /** Those of one type. */
    static List<Message> only(List<Message> messages, MessageType type) {
        return messages.stream().filter(message -> message.getType() == type).toList();
    }

    /** The one message of this type to this node. */
    static Message single(List<Message> messages, MessageType type, String to) {
        List<Message> found = only(messages, type).stream()
                .filter(message -> message.getTo().equals(to))
                .toList();
        if (found.size() != 1) {
            throw new AssertionError("expected one " + type + " to " + to + " among " + messages);
        }
        return found.get(0);
    }
}
