package io.reactorraft.rsocket;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.proto.SnapshotOpening;
import io.reactorraft.spi.Transport.Receiver;
import io.rsocket.exceptions.RejectedException;
import java.util.HashMap;
import java.util.Map;

/**
 * The snapshots on their way in: at most one from each member for each group, so that a later one takes the place of
 * one that its sender has given up. Thread-safe.
 */
final class SnapshotIntakes {

    /** At a time, done ones included until their place is needed. */
    static final int MAX_INTAKES = 64;

    private final Map<Key, Known> intakes = new HashMap<>();

    /** The snapshot that is opened, or opened again; begun where it is new. */
    synchronized SnapshotIntake open(String peerId, SnapshotOpening opening, Wiring wiring) {
        SnapshotMetadata metadata = opening.getMetadata();
        Receiver receiver = wiring.groups().find(metadata.getGroupId());
        if (receiver == null) {
            throw new RejectedException("no group '" + metadata.getGroupId() + "' is here");
        }
        Key key = new Key(peerId, metadata.getGroupId());
        Known known = intakes.get(key);
        if (known != null && known.transferId().equals(opening.getTransferId())) {
            return known.intake();
        }
        if (known != null) {
            known.intake().fail(new IllegalStateException("a later snapshot of its sender took its place"));
        } else if (intakes.size() >= MAX_INTAKES) {
            intakes.values().removeIf(other -> other.intake().isDone());
        }
        if (intakes.size() >= MAX_INTAKES && known == null) {
            throw new RejectedException("more than " + MAX_INTAKES + " snapshots are on their way here");
        }
        SnapshotIntake intake = new SnapshotIntake(metadata, wiring);
        intakes.put(key, new Known(opening.getTransferId(), intake));
        intake.begin(receiver);
        return intake;
    }

    /** Gives all of them up. */
    synchronized void close() {
        intakes.values().forEach(known -> known.intake().fail(new IllegalStateException("the transport was closed")));
        intakes.clear();
    }

    private record Key(String peerId, String groupId) {}

    private record Known(ByteString transferId, SnapshotIntake intake) {}
}
