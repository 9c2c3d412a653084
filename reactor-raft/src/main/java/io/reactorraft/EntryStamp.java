package io.reactorraft;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.Payload;
import java.time.InstantSource;

/**
 * Puts the leader's envelope around a command: its clock and the version of the rules, so that state machines need
 * neither of their own.
 *
 * <p>Time never falls along one leader's entries; where a new leader's clock is behind the old one's, the applier holds
 * it at the highest time seen, alike on every replica.
 *
 * <p><b>Threads.</b> Loop only.
 */
final class EntryStamp {
    private final InstantSource clock;
    private final int rulesVersion;
    private long lastMillis;

    EntryStamp(InstantSource clock, int rulesVersion) {
        this.clock = clock;
        this.rulesVersion = rulesVersion;
    }

    ByteString around(Payload draft) {
        lastMillis = Math.max(lastMillis, clock.millis());
        return draft.toBuilder()
                .setTimeMillis(lastMillis)
                .setRulesVersion(rulesVersion)
                .build()
                .toByteString();
    }
}
