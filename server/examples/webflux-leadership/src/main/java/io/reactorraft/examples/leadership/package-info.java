/** An ordinary Spring WebFlux application, several instances of which agree through a member that each of them embeds. */
@NullMarked
package io.reactorraft.examples.leadership;

import org.jspecify.annotations.NullMarked;
