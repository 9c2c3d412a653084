/** Pure arithmetic of quorums: what a majority, or two majorities at once, have voted for and acknowledged (§5, §6). */
@NullMarked
package io.reactorraft.quorum;

import org.jspecify.annotations.NullMarked;
