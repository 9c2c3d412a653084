/** What the server measures, under the names that its operators rely on. Knows Micrometer; nothing else here does. */
@NullMarked
package io.reactorraft.server.metrics;

import org.jspecify.annotations.NullMarked;
