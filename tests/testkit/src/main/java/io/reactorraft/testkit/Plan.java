package io.reactorraft.testkit;

import io.reactorraft.RaftConfig;
import io.reactorraft.StateMachine;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What a simulation is made of.
 *
 * @param machines makes an empty state machine for each start of a node
 * @param commands what clients propose
 * @param queries what clients ask the state machine; null: only how far it is
 * @param model what the history of clients must agree with; null: the log alone is the witness
 * @param changesMembers whether members come and go
 * @param mode null: by the seed
 * @param listener is told the story; null: nobody
 */
record Plan<C, R>(
        Supplier<? extends StateMachine<C, R>> machines,
        @Nullable Function<? super RandomGenerator, ? extends C> commands,
        @Nullable Queries<C, R> queries,
        @Nullable SequentialModel<?, C, R> model,
        int nodes,
        boolean changesMembers,
        RaftConfig config,
        @Nullable FaultMode mode,
        @Nullable Consumer<String> listener) {

    /** Calls that change nothing, and how a state machine answers them. */
    record Queries<C, R>(
            Function<? super RandomGenerator, ? extends C> next,
            BiFunction<? super StateMachine<C, R>, ? super C, ? extends R> answer) {}

    static <C, R> Plan<C, R> of(Supplier<? extends StateMachine<C, R>> machines) {
        return new Plan<>(machines, null, null, null, 3, false, RaftConfig.defaults(), null, null);
    }

    Plan<C, R> withCommands(Function<? super RandomGenerator, ? extends C> next) {
        return new Plan<>(machines, next, queries, model, nodes, changesMembers, config, mode, listener);
    }

    Plan<C, R> withQueries(Queries<C, R> asked) {
        return new Plan<>(machines, commands, asked, model, nodes, changesMembers, config, mode, listener);
    }

    Plan<C, R> withModel(SequentialModel<?, C, R> single) {
        return new Plan<>(machines, commands, queries, single, nodes, changesMembers, config, mode, listener);
    }

    Plan<C, R> withNodes(int count) {
        return new Plan<>(machines, commands, queries, model, count, changesMembers, config, mode, listener);
    }

    Plan<C, R> withChangingMembers() {
        return new Plan<>(machines, commands, queries, model, nodes, true, config, mode, listener);
    }

    Plan<C, R> withConfig(RaftConfig changed) {
        return new Plan<>(machines, commands, queries, model, nodes, changesMembers, changed, mode, listener);
    }

    Plan<C, R> withMode(FaultMode kind) {
        return new Plan<>(machines, commands, queries, model, nodes, changesMembers, config, kind, listener);
    }

    Plan<C, R> withListener(Consumer<String> lines) {
        return new Plan<>(machines, commands, queries, model, nodes, changesMembers, config, mode, lines);
    }

    C nextCommand(RandomGenerator dice) {
        return requireCommands().apply(dice);
    }

    Function<? super RandomGenerator, ? extends C> requireCommands() {
        if (commands == null) {
            throw new IllegalStateException("say where commands come from: commands(random -> ...)");
        }
        return commands;
    }

    FaultMode modeOf(long seed) {
        return mode != null ? mode : seed % 2 == 0 ? FaultMode.UNIFORM : FaultMode.PHASED;
    }
}
