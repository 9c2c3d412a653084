package io.reactorraft.wal;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WalMarkTest {
    private static final ByteString OURS = ByteString.copyFromUtf8("0123456789abcdef");
    private static final ByteString THEIRS = ByteString.copyFromUtf8("fedcba9876543210");

    @TempDir
    Path directory;

    @Test
    void whereThereIsNoMarkNothingIsKnownToBeDurable() throws IOException {
        assertThat(WalMark.read(directory, OURS)).isZero();
    }

    @Test
    void theHighestNoteCounts() throws IOException {
        note(5, 9, 12);

        assertThat(WalMark.read(directory, OURS)).isEqualTo(12);
        assertThat(WalMark.read(directory, null)).isEqualTo(12);
    }

    @Test
    void aTornSlotLeavesTheOther() throws IOException {
        note(5, 9);

        Logs.overwrite(directory.resolve(WalMark.FILE), 4096 + 10, (byte) 0x55);

        assertThat(WalMark.read(directory, OURS)).isEqualTo(5);
    }

    @Test
    void theMarkOfAnotherDirectorySaysNothing() throws IOException {
        note(5);

        assertThat(WalMark.read(directory, THEIRS)).isZero();
    }

    @Test
    void aMarkOutlivesItsWriter() throws IOException {
        note(5, 6);
        note(7);

        assertThat(WalMark.read(directory, OURS)).isEqualTo(7);
    }

    private void note(long... records) throws IOException {
        try (WalMark mark = WalMark.open(directory, OURS)) {
            for (long record : records) {
                mark.note(record);
            }
            mark.sync();
        }
    }
}
