/**
 * What the faces of the server share: what may be asked of a replica, how an answer is written down, and what is said when
 * there is none. Knows neither HTTP nor RSocket.
 */
@NullMarked
package io.reactorraft.server.api;

import org.jspecify.annotations.NullMarked;
