/** The log on memory-mapped Chronicle queues: records with checksums, segments that stand alone, one sync a batch. */
@NullMarked
package io.reactorraft.wal;

import org.jspecify.annotations.NullMarked;
