package io.reactorraft.simulation;

import com.google.protobuf.ByteString;
import io.reactorraft.core.RawNode;
import io.reactorraft.core.ScriptedCore;
import io.reactorraft.core.StepOutcome;
import io.reactorraft.proto.ConfChange;
import io.reactorraft.proto.ConfChangeSingle;
import io.reactorraft.proto.ConfChangeTransition;
import io.reactorraft.proto.ConfChangeV2;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.EntryType;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import io.reactorraft.simulation.Cluster.Recipient;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** The commands of an interaction script, carried out on a small cluster. */
final class InteractionEnvironment implements ScriptEnvironment {

    /** Far more than any script needs to become quiet. */
    static final int MAX_ROUNDS = 10_000;

    private static final String PROPOSE_CONF_CHANGE = "propose-conf-change";
    private static final String QUIET = "NONE";
    private static final Set<String> LOG_LEVELS = Set.of("DEBUG", "INFO", "WARN", "ERROR", "FATAL", QUIET);

    private final Output output = new Output();
    private final Cluster cluster;

    InteractionEnvironment() {
        this(MAX_ROUNDS);
    }

    InteractionEnvironment(int maxRounds) {
        cluster = new Cluster(output, maxRounds);
    }

    /** A step of a command that names several nodes. */
    private interface NodeStep {
        void run(ScriptedNode node) throws CommandException;
    }

    @Override
    public List<String> run(Directive directive) {
        try {
            execute(directive);
            if (!directive.command().equals(PROPOSE_CONF_CHANGE)) {
                // Everywhere else, a line of input is one more command.
                for (String line : directive.input().lines().toList()) {
                    DirectiveLine.Parsed next = DirectiveLine.parse(line);
                    execute(directive.with(next.command(), next.arguments()));
                }
            }
        } catch (CommandException e) {
            output.error(e);
        } catch (ScriptFormatException e) {
            output.error(new CommandException("unreadable line of input: " + e.getMessage()));
        }
        return output.take();
    }

    private void execute(Directive directive) throws CommandException {
        switch (directive.command()) {
            case "add-nodes" -> cluster.add(Ids.smallNumber(directive.positional(0)), NodeOptions.of(directive));
            case "campaign" -> node(directive).raw().campaign();
            case "propose" -> propose(directive);
            case PROPOSE_CONF_CHANGE -> proposeConfChange(directive);
            case "forget-leader" -> node(directive).raw().forgetLeader();
            case "process-ready" -> forEachNode(directive, "handling Ready", cluster::processReady);
            case "process-append-thread" ->
                forEachNode(directive, "processing append thread", cluster::processAppendWork);
            case "process-apply-thread" -> forEachNode(directive, "processing apply thread", cluster::processApplyWork);
            case "deliver-msgs" -> deliver(directive);
            case "stabilize" -> stabilize(directive);
            case "tick-election" -> tick(node(directive), NodeOptions.ELECTION_TICKS);
            case "tick-heartbeat" -> tick(node(directive), NodeOptions.HEARTBEAT_TICKS);
            case "set-randomized-election-timeout" -> setRandomizedElectionTimeout(directive);
            case "compact" -> {
                node(directive).log().compact(Ids.number(directive.positional(1)));
                printLog(node(directive));
            }
            case "raft-log" -> printLog(node(directive));
            case "raft-state" ->
                cluster.nodes()
                        .forEach(node ->
                                output.print(StatePrinter.printRole(node.raw().status())));
            case "status" ->
                output.print(StatePrinter.print(node(directive).raw().status().progress()));
            case "transfer-leadership" ->
                node(required(directive, "from"))
                        .raw()
                        .transferLeadership(node(required(directive, "to")).id());
            case "report-unreachable" ->
                node(directive)
                        .raw()
                        .reportUnreachable(node(directive.positional(1)).id());
            case "send-snapshot" -> sendSnapshot(node(directive), node(directive.positional(1)));
            case "log-level" -> output.quiet(isQuiet(directive.positional(0)));
            case "_breakpoint" -> {
                // A place to stop a debugger at.
            }
            default -> throw new CommandException("unknown command");
        }
    }

    private ScriptedNode node(Directive directive) throws CommandException {
        return node(directive.positional(0));
    }

    private ScriptedNode node(String id) throws CommandException {
        return cluster.node(Ids.parse(id));
    }

    private List<ScriptedNode> nodes(Directive directive) throws CommandException {
        List<ScriptedNode> named = new ArrayList<>();
        for (String id : directive.positional()) {
            named.add(node(id));
        }
        return named;
    }

    private static String required(Directive directive, String key) throws CommandException {
        return directive
                .value(key)
                .orElseThrow(() -> new CommandException(directive.command() + " needs " + key + "="));
    }

    /** With several nodes each gets a header, and what it prints stands under it. */
    private void forEachNode(Directive directive, String what, NodeStep step) throws CommandException {
        List<ScriptedNode> named = nodes(directive);
        for (ScriptedNode node : named) {
            if (named.size() == 1) {
                step.run(node);
            } else {
                output.print("> " + node.id() + " " + what);
                output.indented(() -> step.run(node));
            }
        }
    }

    private void propose(Directive directive) throws CommandException {
        RawNode raw = node(directive).raw();
        requireProposed(raw.propose(List.of(ByteString.copyFromUtf8(directive.positional(1)))));
    }

    private static void requireProposed(StepOutcome outcome) throws CommandException {
        Optional<String> refusal = Cluster.refusal(
                outcome, Message.newBuilder().setType(MessageType.MSG_PROPOSE).build());
        if (refusal.isPresent()) {
            throw new CommandException(refusal.get());
        }
    }

    private void proposeConfChange(Directive directive) throws CommandException {
        ScriptedNode node = node(directive);
        boolean older = NodeOptions.flag(directive.value("v1").orElse("false"));
        ConfChangeTransition transition = transition(directive);
        List<ConfChangeSingle> changes = ConfChanges.parse(directive.input());
        if (!older) {
            requireProposed(node.raw()
                    .proposeConfChange(ConfChangeV2.newBuilder()
                            .setTransition(transition)
                            .addAllChanges(changes)
                            .build()));
            return;
        }
        if (changes.size() != 1 || transition != ConfChangeTransition.TRANSITION_AUTO) {
            throw new CommandException("v1 conf change can only have one operation and no transition");
        }
        ConfChange change = ConfChange.newBuilder()
                .setType(changes.get(0).getType())
                .setNodeId(changes.get(0).getNodeId())
                .build();
        Message proposal = Message.newBuilder()
                .setType(MessageType.MSG_PROPOSE)
                .setFrom(node.id())
                .addEntries(
                        Entry.newBuilder().setType(EntryType.ENTRY_CONF_CHANGE).setData(change.toByteString()))
                .build();
        requireProposed(node.raw().step(proposal));
    }

    private static ConfChangeTransition transition(Directive directive) throws CommandException {
        String transition = directive.value("transition").orElse("auto");
        return switch (transition) {
            case "auto" -> ConfChangeTransition.TRANSITION_AUTO;
            case "implicit" -> ConfChangeTransition.TRANSITION_JOINT_IMPLICIT;
            case "explicit" -> ConfChangeTransition.TRANSITION_JOINT_EXPLICIT;
            default -> throw new CommandException("unknown transition " + transition);
        };
    }

    private void deliver(Directive directive) throws CommandException {
        List<Recipient> recipients = new ArrayList<>();
        for (String id : directive.positional()) {
            recipients.add(new Recipient(Ids.parse(id), false));
        }
        for (String id : directive.values("drop")) {
            Recipient lost = new Recipient(Ids.parse(id), true);
            if (recipients.contains(new Recipient(lost.id(), false))) {
                throw new CommandException("can't both deliver and drop msgs to " + id);
            }
            recipients.add(lost);
        }
        Optional<String> name = directive.value("type");
        Optional<MessageType> type = name.isPresent() ? Optional.of(MessageTypes.parse(name.get())) : Optional.empty();
        if (cluster.deliver(type, recipients) == 0) {
            output.print("no messages");
        }
    }

    private void stabilize(Directive directive) throws CommandException {
        List<ScriptedNode> named = nodes(directive);
        Optional<String> level = directive.value("log-level");
        boolean before = output.isQuiet();
        if (level.isPresent()) {
            output.quiet(isQuiet(level.get()));
        }
        try {
            cluster.stabilize(named.isEmpty() ? cluster.nodes() : named);
        } finally {
            output.quiet(before);
        }
    }

    /** Only silence matters here: the lines of a log are not compared, so there are none. */
    private static boolean isQuiet(String level) throws CommandException {
        String name = level.toUpperCase(Locale.ROOT);
        if (!LOG_LEVELS.contains(name)) {
            throw new CommandException("log levels must be either of [DEBUG INFO WARN ERROR FATAL NONE]");
        }
        return name.equals(QUIET);
    }

    private static void tick(ScriptedNode node, int ticks) {
        for (int i = 0; i < ticks; i++) {
            node.raw().tick();
        }
    }

    private void setRandomizedElectionTimeout(Directive directive) throws CommandException {
        int ticks = Ids.smallNumber(required(directive, "timeout"));
        ScriptedCore.randomizedElectionTimeout(node(directive).raw(), ticks);
    }

    private void printLog(ScriptedNode node) {
        ScriptedLog log = node.log();
        if (log.lastIndex() < log.firstIndex()) {
            output.print("log is empty: first index=" + log.firstIndex() + ", last index=" + log.lastIndex());
        } else {
            output.print(MessagePrinter.print(log.all()));
        }
    }

    private void sendSnapshot(ScriptedNode from, ScriptedNode to) {
        cluster.send(Message.newBuilder()
                .setType(MessageType.MSG_SNAPSHOT)
                .setTerm(from.raw().term())
                .setFrom(from.id())
                .setTo(to.id())
                .setSnapshot(from.log().newestSnapshot())
                .build());
    }
}
