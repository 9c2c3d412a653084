package io.reactorraft;

/** Puts a {@link RaftNode} together; made by {@link RaftNode#builder}. */
public final class RaftNodeBuilder<C, R> {
    private final String id;
    private final StateMachine<C, R> stateMachine;

    RaftNodeBuilder(String id, StateMachine<C, R> stateMachine) {
        this.id = id;
        this.stateMachine = stateMachine;
    }

    @Override
    public String toString() {
        return "RaftNodeBuilder(" + id + ", " + stateMachine.getClass().getName() + ")";
    }
}
