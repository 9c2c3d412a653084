/** The measurements of a node as meters of Micrometer. */
@NullMarked
package io.reactorraft.micrometer;

import org.jspecify.annotations.NullMarked;
