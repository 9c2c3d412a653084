package io.reactorraft;

import java.time.Instant;

/**
 * A committed command, on its way into the state machine.
 *
 * @param time the leader's clock when it appended the entry; never goes backwards along the log
 * @param version the rules that {@link StateMachine#apply} has to follow from this entry on
 */
public record Committed<C>(long term, long index, Instant time, int version, C command) {}
