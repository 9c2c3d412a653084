package io.reactorraft.wal;

import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.SnapshotStore;
import io.reactorraft.testkit.SnapshotStoreContract;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

class FileSnapshotStoreTest extends SnapshotStoreContract {

    @Override
    protected SnapshotStore store() {
        return new FileSnapshotStore(SnapshotConfig.defaults().withChunkBytes(4 << 10));
    }

    @Override
    protected void damage(SnapshotStore store, SnapshotMetadata snapshot) {
        try {
            Path file = file(directory(), snapshot);
            long at = Files.size(file) - 10;
            Logs.overwrite(file, at, (byte) ~Logs.bytes(file, at, 1)[0]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Path file(Path directory, SnapshotMetadata snapshot) {
        return directory
                .resolve(SnapshotShelf.DIRECTORY)
                .resolve(new SnapshotName(snapshot.getIndex(), snapshot.getSnapshotId()).file());
    }
}
