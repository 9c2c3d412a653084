/**
 * What the scripts need of the core and users do not: doors to its hidden parts, which is why they stand in its package.
 */
@NullMarked
package io.reactorraft.core;

import org.jspecify.annotations.NullMarked;
