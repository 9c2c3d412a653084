package io.reactorraft.rsocket;

import com.google.protobuf.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * Whether the process that a peer was has ended, from what happens to connections. Each of the methods answers whether that
 * is certain enough, from this on, to say so: no connection stands either way, and nobody answers; or another boot does.
 * Said once for each time that it was connected. Belongs to the control loop.
 */
final class PeerProcess {

    private @Nullable ByteString boot;
    private boolean reached;
    private boolean reaches;
    private boolean nobody;

    /** Our connection to it stands. */
    boolean connected(ByteString bootId) {
        reached = true;
        return met(bootId);
    }

    /** Its connection to us stands. */
    boolean arrived(ByteString bootId) {
        reaches = true;
        return met(bootId);
    }

    private boolean met(ByteString bootId) {
        boolean another = boot != null && !boot.equals(bootId);
        boot = bootId;
        nobody = false;
        return another;
    }

    /** Our connection to it is gone. */
    boolean disconnected() {
        reached = false;
        return judge();
    }

    /** Its connection to us is gone. */
    boolean left() {
        reaches = false;
        return judge();
    }

    /** We dialled it, in vain; {@code nobodyThere} says whether somebody said that there is nobody. */
    boolean missed(boolean nobodyThere) {
        nobody = nobodyThere;
        return judge();
    }

    /** Whether it was connected, is not any more, and nobody knows yet why. */
    boolean isInDoubt() {
        return boot != null && !reached && !reaches && !nobody;
    }

    private boolean judge() {
        boolean gone = boot != null && !reached && !reaches && nobody;
        if (gone) {
            boot = null;
        }
        return gone;
    }
}
