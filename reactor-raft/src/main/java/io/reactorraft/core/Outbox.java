package io.reactorraft.core;

import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import java.util.ArrayList;
import java.util.List;

/** Messages on their way out: those that may leave at once, and those that promise what is not durable yet. */
final class Outbox {

    private final String groupId;
    private final NodeState node;
    private List<Message> immediate = new ArrayList<>();
    private List<Message> afterAppend = new ArrayList<>();

    Outbox(String groupId, NodeState node) {
        this.groupId = groupId;
        this.node = node;
    }

    String groupId() {
        return groupId;
    }

    /** Votes and their answers: the term is the one the campaign is about, which the caller has set. */
    void sendWithTerm(Message.Builder message) {
        if (message.getTerm() == 0) {
            throw new BrokenInvariantException("a vote or its answer leaves without a term: " + message.getType());
        }
        add(message);
    }

    /** A request for a vote: it leaves with the disk's answer, once the term and the log it speaks of are durable. */
    void sendOnceDurable(Message.Builder request) {
        afterAppend.add(request.setFrom(node.id()).setGroupId(groupId).build());
    }

    /** Everything else: from this node, in its current term. */
    void send(Message.Builder message) {
        add(message.setTerm(node.term()));
    }

    /** Hands a proposal or a read on to the leader: about no term, so that a newer leader may take it, too. */
    void forward(Message message) {
        add(message.toBuilder().setTo(node.leaderId()).clearTerm());
    }

    private void add(Message.Builder message) {
        if (message.getFrom().isEmpty()) {
            message.setFrom(node.id());
        }
        message.setGroupId(groupId);
        // "Persistent state on all servers (updated on stable storage before responding to RPCs)" (figure 2): an
        // acknowledgement and a vote leave with the disk's answer, to peers and to this node itself.
        if (promisesDurability(message.getType())) {
            afterAppend.add(message.build());
            return;
        }
        if (node.isSelf(message.getTo())) {
            throw new BrokenInvariantException("a node sends " + message.getType() + " to itself");
        }
        immediate.add(message.build());
    }

    private static boolean promisesDurability(MessageType type) {
        return type == MessageType.MSG_APPEND_RESPONSE
                || type == MessageType.MSG_VOTE_RESPONSE
                || type == MessageType.MSG_PRE_VOTE_RESPONSE;
    }

    boolean isEmpty() {
        return immediate.isEmpty() && afterAppend.isEmpty();
    }

    List<Message> takeImmediate() {
        List<Message> taken = immediate;
        immediate = new ArrayList<>();
        return taken;
    }

    List<Message> takeAfterAppend() {
        if (afterAppend.isEmpty()) {
            return List.of();
        }
        List<Message> taken = afterAppend;
        afterAppend = new ArrayList<>();
        return taken;
    }
}
