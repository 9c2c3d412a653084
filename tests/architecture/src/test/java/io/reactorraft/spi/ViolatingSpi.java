package io.reactorraft.spi;

import io.reactorraft.RaftConfig;

/** Breaks the SPI's rule on purpose. */
class ViolatingSpi {
    final RaftConfig config = RaftConfig.defaults();
}
