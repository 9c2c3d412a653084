package io.reactorraft.wal;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.SnapshotFileHead;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.LogStore.Owner;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file that version 1 wrote: every later version must read it, and this one must still write it. */
class SnapshotGoldenTest {
    private static final String GOLDEN = "golden-1.snapshot";
    private static final List<String> BUFFERS = List.of("one", "", "a longer buffer, with some more in it");
    private static final Owner OWNER = new Owner("c1", "n1", ByteString.copyFromUtf8("sixteen bytes id"));
    private static final SnapshotMetadata METADATA = SnapshotMetadata.newBuilder()
            .setGroupId("orders")
            .setIndex(4711)
            .setTerm(12)
            .setConfState(ConfState.newBuilder().addVoters("n1").addVoters("n2").addLearners("n3"))
            .setSnapshotId("0123456789abcdef")
            .build();

    @TempDir
    private Path directory;

    @Test
    void theGoldenFileIsRead() throws IOException {
        Path file = Files.write(directory.resolve(GOLDEN), golden());
        List<String> buffers = new ArrayList<>();
        try (SnapshotReader reader = SnapshotReader.open(file, 4 << 10)) {
            for (ByteBuffer next = reader.next(); next != null; next = reader.next()) {
                buffers.add(StandardCharsets.UTF_8.decode(next).toString());
            }
            assertThat(reader.head())
                    .isEqualTo(SnapshotFileHead.newBuilder()
                            .setFormatVersion(1)
                            .setClusterId("c1")
                            .setDataId(OWNER.dataId())
                            .setMetadata(METADATA)
                            .build());
            assertThat(reader.metadata().getSizeBytes()).isEqualTo(72);
        }
        assertThat(buffers).isEqualTo(BUFFERS);
    }

    @Test
    void theGoldenFileIsWritten() throws IOException {
        SnapshotWriter writer = SnapshotWriter.begin(directory, OWNER, METADATA, () -> {}, Syncer.DISK, 4 << 10);
        for (String buffer : BUFFERS) {
            writer.write(ByteBuffer.wrap(buffer.getBytes(StandardCharsets.UTF_8)));
        }
        writer.finish();

        Path file = directory.resolve(new SnapshotName(4711, "0123456789abcdef").file());
        assertThat(Files.readAllBytes(file)).isEqualTo(golden());
    }

    private static byte[] golden() throws IOException {
        try (InputStream file = Objects.requireNonNull(SnapshotGoldenTest.class.getResourceAsStream(GOLDEN))) {
            return file.readAllBytes();
        }
    }
}
