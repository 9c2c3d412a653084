/** What the torture needs of the log and users must not have: a door to its hidden parts, which is why it stands here. */
@NullMarked
package io.reactorraft.wal;

import org.jspecify.annotations.NullMarked;
