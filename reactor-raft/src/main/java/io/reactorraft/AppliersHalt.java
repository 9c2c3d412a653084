package io.reactorraft;

/**
 * Where an applier halted, and why. Raft goes on meanwhile; what needs the state does not.
 *
 * @param index of the entry that could not be applied
 */
record AppliersHalt(String name, long index, Throwable cause) {

    /** What requests at this node are told. */
    RaftException.Stopped refusal() {
        return new RaftException.Stopped(message(), cause);
    }

    String message() {
        return name + " could not apply the entry at index " + index + " and applies nothing behind it: " + cause
                + "; ask another member, and either restart this one or, where all halt there, skip(" + index + ")";
    }
}
