/**
 * The RSocket face: the same operations and documents as over HTTP, by routes in composite metadata. A watcher's demand
 * reaches the store as it is.
 */
@NullMarked
package io.reactorraft.server.rsocket;

import org.jspecify.annotations.NullMarked;
