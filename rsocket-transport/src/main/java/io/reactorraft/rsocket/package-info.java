/** Peers over RSocket: one long-lived channel per direction, on our own connection over Reactor Netty. */
@NullMarked
package io.reactorraft.rsocket;

import org.jspecify.annotations.NullMarked;
