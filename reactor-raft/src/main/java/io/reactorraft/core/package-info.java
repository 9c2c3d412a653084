/**
 * The Raft state machine, as a deterministic function: messages and ticks in, a {@link io.reactorraft.core.Ready} out.
 *
 * <p>Nothing here reads a clock, does I/O, starts a thread, logs, or knows Reactor. Time is {@code tick()}, randomness
 * a seed. That is what makes it possible to simulate whole clusters on one thread and to replay any run by its seed.
 */
@NullMarked
package io.reactorraft.core;

import org.jspecify.annotations.NullMarked;
