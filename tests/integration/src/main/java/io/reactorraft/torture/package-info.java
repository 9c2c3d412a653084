/**
 * What people would do to a disk: {@code torture.jar}. Real processes write a real log and snapshots, say what was
 * acknowledged, and are killed, lose power, or find their files injured; what is found afterwards is held against what was
 * acknowledged.
 */
@NullMarked
package io.reactorraft.torture;

import org.jspecify.annotations.NullMarked;
