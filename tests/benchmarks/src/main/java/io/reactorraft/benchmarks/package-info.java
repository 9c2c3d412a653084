/** What is measured: the cluster benchmark and JMH. Nothing here fails a build. */
@NullMarked
package io.reactorraft.benchmarks;

import org.jspecify.annotations.NullMarked;
