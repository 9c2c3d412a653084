/**
 * The key-value store that the server replicates: a deterministic state machine over an immutable sorted tree.
 *
 * <p>Knows nothing of HTTP. Commands, results and snapshots are the messages of {@code kv.proto}; nothing mirrors them.
 */
@NullMarked
package io.reactorraft.server.kv;

import org.jspecify.annotations.NullMarked;
