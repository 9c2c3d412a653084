package io.reactorraft.testkit;

/** Which faults a simulation meets. Either finds at once what the other hardly ever finds: run both. */
public enum FaultMode {
    /** Random faults at random times. */
    UNIFORM,
    /** A nemesis: one hard situation after another, with clients on every side of it. */
    PHASED
}
