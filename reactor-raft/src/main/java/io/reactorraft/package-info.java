/**
 * Raft consensus for Project Reactor: the API, and the runtime behind it.
 *
 * <p>Start at {@link io.reactorraft.RaftNode}. The runtime's classes are hidden; {@code docs/design.md} walks the way
 * of a proposal through them.
 */
@NullMarked
package io.reactorraft;

import org.jspecify.annotations.NullMarked;
