package io.reactorraft.testkit;

import com.google.protobuf.ByteString;

/**
 * The state machine of a bare core: a digest of all commands, so that any difference in what was applied, or in its
 * order, shows in every later result. Its whole state fits into the id of a snapshot.
 */
final class CoreMachine {
    private long appliedIndex;
    private long commandIndex;
    private long digest;

    long appliedIndex() {
        return appliedIndex;
    }

    /** The index of the last command, as against entries that are none. */
    long commandIndex() {
        return commandIndex;
    }

    ByteString apply(long index, long tag) {
        digest = (digest * 31 + tag) * 0x9E3779B97F4A7C15L + index;
        commandIndex = index;
        return ByteString.copyFromUtf8(Long.toHexString(digest));
    }

    void passed(long index) {
        appliedIndex = index;
    }

    String state() {
        return commandIndex + ":" + digest;
    }

    void restore(long index, String state) {
        int colon = state.indexOf(':');
        appliedIndex = index;
        commandIndex = Long.parseLong(state.substring(0, colon));
        digest = Long.parseLong(state.substring(colon + 1));
    }
}
