package io.reactorraft.wal;

import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.EntryType;
import io.reactorraft.proto.SnapshotMetadata;
import java.nio.file.Path;
import java.util.List;

/**
 * What the golden files hold: every type of record, two groups, three openings, a repair. To be written once for each
 * version of the format, and never again.
 */
final class GoldenLog {
    static final SnapshotMetadata MARK = SnapshotMetadata.newBuilder()
            .setGroupId("users")
            .setIndex(40)
            .setTerm(3)
            .setConfState(ConfState.newBuilder().addVoters("n1").addVoters("n2"))
            .setSnapshotId("0123456789abcdef")
            .build();

    private GoldenLog() {}

    /** Writes it into an empty directory, in the format of this version. */
    public static void main(String[] directory) {
        Path path = Path.of(directory[0]);
        ChronicleLogStore store = Logs.open(path);
        store.append(Logs.GROUP, Logs.hardState(1, "n1", 0), Logs.entries(1, 3, 20))
                .block(Logs.SOON);
        Logs.append(store, List.of(change()));
        Logs.close(store);
        store = Logs.open(path);
        store.append("users", Logs.hardState(3, "n2", 40), List.of()).block(Logs.SOON);
        store.mark("users", MARK).block(Logs.SOON);
        Logs.append(store, "users", Logs.entries(41, 42, 300));
        store.append(Logs.GROUP, Logs.hardState(2, "", 2), Logs.entries(3, 6, 40))
                .block(Logs.SOON);
        Logs.close(store);
        store = Logs.open(path);
        Logs.append(store, Logs.entries(7, 7, 0));
        Logs.close(store);
        Logs.close(Logs.open(path)); // gives back what is not used
    }

    static Entry change() {
        return Logs.entry(4, 10).toBuilder()
                .setType(EntryType.ENTRY_CONF_CHANGE_V2)
                .build();
    }
}
