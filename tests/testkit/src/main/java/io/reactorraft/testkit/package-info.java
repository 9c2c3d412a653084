/** Fixtures and contracts for those who build on Reactor Raft. */
@NullMarked
package io.reactorraft.testkit;

import org.jspecify.annotations.NullMarked;
