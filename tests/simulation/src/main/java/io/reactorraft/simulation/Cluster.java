package io.reactorraft.simulation;

import io.reactorraft.core.StepOutcome;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The nodes of a script and the messages on their way between them. Not for several threads. */
final class Cluster {

    /** No script has more nodes. */
    static final int MAX_NODES = 1000;

    private final Output output;
    private final int maxRounds;
    private final EntrySizes sizes = new EntrySizes();
    private final List<ScriptedNode> nodes = new ArrayList<>();
    private List<Message> inFlight = new ArrayList<>();

    /** {@code maxRounds}: a cluster that is still busy after so many rounds of {@link #stabilize} never becomes quiet. */
    Cluster(Output output, int maxRounds) {
        this.output = output;
        this.maxRounds = maxRounds;
    }

    /**
     * To whom messages are delivered, or of whom they are lost.
     *
     * @param drop lost instead of delivered
     */
    record Recipient(String id, boolean drop) {}

    List<ScriptedNode> nodes() {
        return List.copyOf(nodes);
    }

    ScriptedNode node(String id) throws CommandException {
        for (ScriptedNode node : nodes) {
            if (node.id().equals(id)) {
                return node;
            }
        }
        throw new CommandException("there is no node " + Ids.print(id) + ", only 1 to " + nodes.size());
    }

    void add(int count, NodeOptions options) throws CommandException {
        if (nodes.size() + count > MAX_NODES) {
            throw new CommandException("more than " + MAX_NODES + " nodes");
        }
        for (int i = 0; i < count; i++) {
            nodes.add(new ScriptedNode(Integer.toString(nodes.size() + 1), options, sizes));
        }
    }

    void processReady(ScriptedNode node) throws CommandException {
        node.processReady(output, inFlight);
    }

    void processAppendWork(ScriptedNode node) throws CommandException {
        node.processAppendWork(output, inFlight);
    }

    void processApplyWork(ScriptedNode node) throws CommandException {
        node.processApplyWork(output, inFlight);
    }

    /** Puts a message on its way without a node having sent it. */
    void send(Message message) {
        inFlight.add(message);
        output.print(MessagePrinter.print(message));
    }

    /**
     * Delivers what is on its way at this moment, in the order in which it was sent.
     *
     * @param type the only type that is meant; empty: all
     * @return how many messages were delivered or lost
     */
    int deliver(Optional<MessageType> type, List<Recipient> recipients) throws CommandException {
        int handled = 0;
        for (Recipient recipient : recipients) {
            List<Message> taken = take(type, recipient);
            handled += taken.size();
            for (Message message : taken) {
                output.print((recipient.drop() ? "dropped: " : "") + MessagePrinter.print(message));
                if (!recipient.drop()) {
                    refusal(node(message.getTo()).raw().step(message), message).ifPresent(output::print);
                }
            }
        }
        return handled;
    }

    private List<Message> take(Optional<MessageType> type, Recipient recipient) {
        List<Message> taken = new ArrayList<>();
        List<Message> left = new ArrayList<>();
        for (Message message : inFlight) {
            boolean meant = message.getTo().equals(recipient.id())
                    && (type.isEmpty() || message.getType() == type.get())
                    && !(recipient.drop() && isWithinNode(message));
            (meant ? taken : left).add(message);
        }
        inFlight = left;
        return taken;
    }

    /** What a storage thread says to its own node does not pass through a network and is never lost. */
    private static boolean isWithinNode(Message message) {
        return message.getFrom().equals(message.getTo()) || Ids.isStorageThread(message.getFrom());
    }

    /** What scripts print where a core did not take a message. */
    static Optional<String> refusal(StepOutcome outcome, Message message) {
        return switch (outcome) {
            case TAKEN -> Optional.empty();
            case PROPOSAL_DROPPED -> Optional.of("raft proposal dropped");
            case REFUSED ->
                Optional.of(
                        message.getTypeValue() < MessageType.MSG_PROPOSE_VALUE
                                ? "raft: cannot step raft local message"
                                : "raft: cannot step as peer not found");
        };
    }

    /**
     * Lets these nodes work until none of them has anything to do: Readys, then messages, then the log's threads, then
     * the appliers', each node by turns.
     */
    void stabilize(List<ScriptedNode> busy) throws CommandException {
        for (int round = 0; round < maxRounds; round++) {
            boolean worked = handleReadys(busy);
            worked |= receive(busy);
            worked |= processAppendThreads(busy);
            worked |= processApplyThreads(busy);
            if (!worked) {
                return;
            }
        }
        throw new CommandException("not quiet after " + maxRounds + " rounds");
    }

    private boolean handleReadys(List<ScriptedNode> busy) throws CommandException {
        boolean worked = false;
        for (ScriptedNode node : busy) {
            if (node.hasReady()) {
                output.print("> " + node.id() + " handling Ready");
                output.indented(() -> processReady(node));
                worked = true;
            }
        }
        return worked;
    }

    private boolean receive(List<ScriptedNode> busy) throws CommandException {
        boolean worked = false;
        for (ScriptedNode node : busy) {
            if (inFlight.stream().anyMatch(message -> message.getTo().equals(node.id()))) {
                output.print("> " + node.id() + " receiving messages");
                output.indented(() -> deliver(Optional.empty(), List.of(new Recipient(node.id(), false))));
                worked = true;
            }
        }
        return worked;
    }

    private boolean processAppendThreads(List<ScriptedNode> busy) throws CommandException {
        boolean worked = false;
        for (ScriptedNode node : busy) {
            if (node.hasAppendWork()) {
                output.print("> " + node.id() + " processing append thread");
                while (node.hasAppendWork()) {
                    output.indented(() -> processAppendWork(node));
                }
                worked = true;
            }
        }
        return worked;
    }

    private boolean processApplyThreads(List<ScriptedNode> busy) throws CommandException {
        boolean worked = false;
        for (ScriptedNode node : busy) {
            if (node.hasApplyWork()) {
                output.print("> " + node.id() + " processing apply thread");
                while (node.hasApplyWork()) {
                    output.indented(() -> processApplyWork(node));
                }
                worked = true;
            }
        }
        return worked;
    }
}
