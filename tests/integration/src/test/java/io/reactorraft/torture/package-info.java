/** The torture of stores, in short: each campaign for some seconds, and what it would be blind to. */
@NullMarked
package io.reactorraft.torture;

import org.jspecify.annotations.NullMarked;
