/** Real processes, real files, real sockets: what a user of the server and of the library would see. */
@NullMarked
package io.reactorraft.integration;

import org.jspecify.annotations.NullMarked;
