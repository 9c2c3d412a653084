package io.reactorraft.wal;

import io.reactorraft.spi.LogStore;
import io.reactorraft.testkit.LogStoreContract;
import org.junit.jupiter.api.DisplayName;

@DisplayName("The log on Chronicle queues")
class ChronicleLogStoreTest extends LogStoreContract {

    @Override
    protected LogStore store() {
        return new ChronicleLogStore(
                WalConfig.defaults().withSegmentBytes(256 << 10).withCacheBytes(20_000));
    }
}
