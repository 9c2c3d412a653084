package io.reactorraft.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlockDeviceTest {
    private static final String DISKSTATS = """
               7       0 loop0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
               8       0 sda 11 0 90 1 700 3 5600 9 0 8 10 0 0 0 0 55 2
               8       1 sda1 11 0 90 1 700 3 5600 9 0 8 10 0 0 0 0 0 0
             253       0 zram0 1 0 8 0 2 0 16 0 0 0 0
            """;

    @TempDir
    Path machine;

    private Path diskstats;
    private Path sysDevBlock;

    @BeforeEach
    void aDiskWithOnePartition() throws IOException {
        diskstats = machine.resolve("diskstats");
        Files.writeString(diskstats, DISKSTATS);
        Path partition = Files.createDirectories(machine.resolve("devices/sda/sda1"));
        Files.writeString(partition.resolveSibling("dev"), "8:0\n");
        Files.writeString(partition.resolve("partition"), "1\n");
        sysDevBlock = Files.createDirectory(machine.resolve("block"));
        Files.createSymbolicLink(sysDevBlock.resolve("8:1"), partition);
        Files.createSymbolicLink(sysDevBlock.resolve("8:0"), partition.getParent());
    }

    @Test
    void countsTheWorkOfADisk() throws IOException {
        BlockDevice disk = BlockDevice.numbered("8:0", diskstats, sysDevBlock).orElseThrow();
        assertThat(disk.name()).isEqualTo("sda");
        assertThat(disk.work()).isEqualTo(new BlockDevice.Work(700, 5600, 55));
    }

    @Test
    void aPartitionStandsForItsWholeDiskWhichAloneCountsFlushes() throws IOException {
        BlockDevice disk = BlockDevice.numbered("8:1", diskstats, sysDevBlock).orElseThrow();
        assertThat(disk.name()).isEqualTo("sda");
        assertThat(disk.work().flushes()).isEqualTo(55);
    }

    @Test
    void aFileSystemWithoutADiskHasNone() throws IOException {
        assertThat(BlockDevice.numbered("0:27", diskstats, sysDevBlock)).isEmpty();
        assertThat(BlockDevice.numbered("8:0", machine.resolve("absent"), sysDevBlock))
                .isEmpty();
    }

    @Test
    void aKernelThatCountsNoFlushesHasNothingToOffer() throws IOException {
        assertThat(BlockDevice.numbered("253:0", diskstats, sysDevBlock)).isEmpty();
    }

    @Test
    void aDiskThatVanishesIsAnError() throws IOException {
        BlockDevice disk = BlockDevice.numbered("8:0", diskstats, sysDevBlock).orElseThrow();
        Files.writeString(diskstats, "   7       0 loop0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n");
        assertThatThrownBy(disk::work).isInstanceOf(BenchmarkException.class).hasMessageContaining("sda has vanished");
    }

    @Test
    void deviceNumbersAreTakenApartAsTheCLibraryPutsThemTogether() {
        assertThat(BlockDevice.number(0xfe00)).isEqualTo("254:0");
        assertThat(BlockDevice.number(0x801)).isEqualTo("8:1");
        assertThat(BlockDevice.number(0x0001_2000_6783_459aL)).isEqualTo(0x12345 + ":" + 0x6789a);
    }
}
