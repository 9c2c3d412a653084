package io.reactorraft;

import io.reactorraft.wal.hidden.Anything;

/** Breaks the runtime's rule, and the one on names, on purpose. */
class ViolatingRuntimeManager {
    final Anything anything = new Anything();
}
