/** Backups: the whole store as one stream of bytes that says when it is not whole. */
@NullMarked
package io.reactorraft.server.backup;

import org.jspecify.annotations.NullMarked;
