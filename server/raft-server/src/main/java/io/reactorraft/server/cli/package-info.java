/**
 * The command line: {@link io.reactorraft.server.cli.CommandLineInterface} runs it. Results go to standard output, one-line
 * errors and logs to standard error, and exit codes are those of {@code ExitCode}.
 *
 * <p>Runs on the main thread, which may wait.
 */
@NullMarked
package io.reactorraft.server.cli;

import org.jspecify.annotations.NullMarked;
