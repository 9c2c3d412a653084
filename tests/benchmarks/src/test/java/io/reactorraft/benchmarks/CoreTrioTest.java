package io.reactorraft.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class CoreTrioTest {

    /** Far more than the ring of its logs holds, each batch applied by all three before the next. */
    @Test
    void everyBatchIsAppliedEverywhere() {
        List<ByteString> batch = Collections.nCopies(64, ByteString.copyFromUtf8("command"));
        CoreTrio trio = new CoreTrio(1_000);
        for (int i = 1; i <= 200; i++) {
            assertThat(trio.commit(batch)).isEqualTo(1_001 + 64L * i);
        }
    }
}
