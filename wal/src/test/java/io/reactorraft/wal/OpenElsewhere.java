package io.reactorraft.wal;

import io.reactorraft.spi.StartRefusedException;
import java.nio.file.Path;

/** A process that opens a log, says how that went, and closes it. */
final class OpenElsewhere {
    private OpenElsewhere() {}

    public static void main(String[] directory) {
        ChronicleLogStore store = new ChronicleLogStore(Logs.SMALL);
        try {
            store.open(Path.of(directory[0]), "c1", "n1").block(Logs.SOON);
            System.out.println("opened by n1");
        } catch (StartRefusedException refused) {
            System.out.println(refused.kind() + " " + refused.getMessage());
        }
        store.close().block(Logs.SOON);
    }
}
