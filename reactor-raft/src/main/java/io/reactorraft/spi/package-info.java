/**
 * What the runtime asks of others: a log, a store of snapshots, a transport, and somewhere to put its measurements.
 *
 * <p>Implementations are found with {@link java.util.ServiceLoader}, have a no-argument constructor, and do nothing
 * until they are opened. Every call names a group, so that many groups can share one instance.
 */
@NullMarked
package io.reactorraft.spi;

import org.jspecify.annotations.NullMarked;
