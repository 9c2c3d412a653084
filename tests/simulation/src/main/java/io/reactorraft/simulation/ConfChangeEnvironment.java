package io.reactorraft.simulation;

import io.reactorraft.core.ScriptedMembership;
import io.reactorraft.proto.ConfChangeSingle;
import java.util.List;
import java.util.Optional;

/** Scripts about changes of the configuration: {@code simple}, {@code enter-joint [autoleave=true]}, {@code leave-joint}. */
final class ConfChangeEnvironment implements ScriptEnvironment {

    private final ScriptedMembership membership = new ScriptedMembership();

    @Override
    public List<String> run(Directive directive) {
        Output output = new Output();
        try {
            change(directive);
            output.print(membership.configuration());
            output.print(StatePrinter.print(membership.progress()));
        } catch (CommandException e) {
            output.error(e);
        } finally {
            // The log grows between two changes, which shows where the probing of a new member begins.
            membership.growLog();
        }
        return output.take();
    }

    private void change(Directive directive) throws CommandException {
        List<ConfChangeSingle> changes = ConfChanges.parse(directive.input());
        Optional<String> refusal = switch (directive.command()) {
            case "simple" -> membership.simple(changes);
            case "enter-joint" -> membership.enterJoint(autoLeave(directive), changes);
            case "leave-joint" -> {
                if (!changes.isEmpty()) {
                    throw new CommandException("this command takes no input");
                }
                yield membership.leaveJoint();
            }
            default -> throw new CommandException("unknown command");
        };
        if (refusal.isPresent()) {
            throw new CommandException(refusal.get());
        }
    }

    private static boolean autoLeave(Directive directive) throws CommandException {
        return Boolean.parseBoolean(directive.value("autoleave").orElse("false"));
    }
}
