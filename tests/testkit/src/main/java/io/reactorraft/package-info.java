/** The door through which the test kit starts a node on threads and clocks of its own, which is why it stands here. */
@NullMarked
package io.reactorraft;

import org.jspecify.annotations.NullMarked;
