package io.reactorraft.rsocket;

import org.jspecify.annotations.Nullable;

/** What the parts of a started transport share. */
record Wiring(
        RSocketTransportConfig config,
        String selfId,
        Loops loops,
        Handshake handshake,
        Dialler dialler,
        Groups groups,
        SnapshotIntakes intakes,
        QuietLog log,
        @Nullable Tls tls) {}
