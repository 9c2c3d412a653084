/** Runs scripts, client histories and seeded clusters against the core. */
@NullMarked
package io.reactorraft.simulation;

import org.jspecify.annotations.NullMarked;
