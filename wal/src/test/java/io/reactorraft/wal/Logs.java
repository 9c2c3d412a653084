package io.reactorraft.wal;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.LogStore;
import io.reactorraft.spi.StartRefusedException;
import io.reactorraft.spi.StartRefusedException.Kind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;

/** What the tests of this package write, and how they lay hands on its files. */
final class Logs {
    static final Duration SOON = Duration.ofMinutes(2);
    static final String GROUP = "orders";
    static final HardState UNCHANGED = HardState.getDefaultInstance();

    private static final LogStore.Owner OWNER = new LogStore.Owner("c1", "n1", ByteString.EMPTY);

    /** Segments as small as they come, and next to nothing in memory. */
    static final WalConfig SMALL =
            WalConfig.defaults().withSegmentBytes(256 << 10).withCacheBytes(1_000);

    private Logs() {}

    static ChronicleLogStore open(Path directory) {
        return open(directory, SMALL);
    }

    static ChronicleLogStore open(Path directory, WalConfig config) {
        return open(directory, new ChronicleLogStore(config));
    }

    static ChronicleLogStore open(Path directory, WalConfig config, Syncer syncer) {
        return open(directory, new ChronicleLogStore(config, syncer));
    }

    private static ChronicleLogStore open(Path directory, ChronicleLogStore store) {
        store.open(directory, "c1", "n1").block(SOON);
        return store;
    }

    /** Reads the log back as an opening does, alone and with another thread's help, and writes nothing. */
    static Groups recover(Path directory) throws IOException {
        try {
            Groups groups = recoverAlone(directory);
            assertSameWithHelp(directory, null);
            return groups;
        } catch (StartRefusedException refused) {
            assertSameWithHelp(directory, refused.getMessage());
            throw refused;
        }
    }

    private static void assertSameWithHelp(Path directory, @Nullable String refusal) throws IOException {
        try {
            new Recovery(new LogDirectory(directory), OWNER, new Groups(0), Runnable::run).run();
            org.assertj.core.api.Assertions.assertThat(refusal)
                    .as("without help")
                    .isNull();
        } catch (StartRefusedException refused) {
            org.assertj.core.api.Assertions.assertThat(refused.getMessage())
                    .as("with help")
                    .isEqualTo(refusal);
        }
    }

    /** As {@link #recover}, once. */
    static Groups recoverAlone(Path directory) throws IOException {
        Groups groups = new Groups(0);
        new Recovery(new LogDirectory(directory), OWNER, groups, null).run();
        return groups;
    }

    /** All that reading back finds, in words, or the refusal. */
    static String recovered(Path directory, @Nullable Executor helper) throws IOException {
        Groups groups = new Groups(0);
        StringBuilder all = new StringBuilder();
        try {
            all.append(new Recovery(new LogDirectory(directory), OWNER, groups, helper).run());
        } catch (StartRefusedException refused) {
            all.append(refused.kind()).append(' ').append(refused.getMessage());
        }
        for (GroupLog group : groups.numbered()) {
            GroupView view = group.view();
            all.append('\n').append(group.start()).append(" lastIndex ").append(view.lastIndex());
            for (long index = view.firstIndex(); index <= view.lastIndex(); index += 1 + index / 1_000) {
                all.append(' ')
                        .append(view.term(index))
                        .append('@')
                        .append(view.collect(index, index + 1, new EntryBudget(0)));
            }
        }
        return all.toString();
    }

    static long lastIndex(Groups groups) {
        return Objects.requireNonNull(groups.find(GROUP), GROUP).view().lastIndex();
    }

    static void close(ChronicleLogStore store) {
        store.close().block(SOON);
    }

    static void append(ChronicleLogStore store, List<Entry> entries) {
        append(store, GROUP, entries);
    }

    static void append(ChronicleLogStore store, String group, List<Entry> entries) {
        store.append(group, UNCHANGED, entries).block(SOON);
    }

    static List<Entry> read(ChronicleLogStore store, long from, long to) {
        return Objects.requireNonNull(store.read(GROUP, from, to, 0).block(SOON));
    }

    static List<Entry> entries(long first, long last, int bytes) {
        return LongStream.rangeClosed(first, last)
                .mapToObj(index -> entry(index, bytes))
                .toList();
    }

    static Entry entry(long index, int bytes) {
        byte[] data = new byte[bytes];
        for (int i = 0; i < bytes; i++) {
            data[i] = (byte) (index + i);
        }
        return Entry.newBuilder()
                .setTerm(1)
                .setIndex(index)
                .setData(ByteString.copyFrom(data))
                .build();
    }

    static HardState hardState(long term, String vote, long commit) {
        return HardState.newBuilder()
                .setTerm(term)
                .setVote(vote)
                .setCommit(commit)
                .build();
    }

    static SnapshotMetadata snapshot(String group, long index) {
        return SnapshotMetadata.newBuilder()
                .setGroupId(group)
                .setIndex(index)
                .setTerm(1)
                .build();
    }

    /** The files of the log's segments, oldest first. */
    static List<Path> segments(Path directory) throws IOException {
        return new LogDirectory(directory)
                .segments().stream().map(Segment::path).toList();
    }

    /** A copy of everything below {@code from}, as a crash would leave it. */
    static Path copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target);
                }
            }
        }
        return to;
    }

    /** What everything below takes on the disk: blocks, not lengths. */
    static long diskUse(Path directory) throws IOException {
        Process du = new ProcessBuilder("du", "-s", "--block-size=1", directory.toString()).start();
        String said = new String(du.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return Long.parseLong(said.substring(0, said.indexOf('\t')));
    }

    static byte[] bytes(Path file, long offset, int length) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer buffer = ByteBuffer.allocate(length);
            while (buffer.hasRemaining() && channel.read(buffer, offset + buffer.position()) >= 0) {
                // until all is there
            }
            return buffer.array();
        }
    }

    static void overwrite(Path file, long offset, byte... bytes) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) {
                channel.write(buffer, offset + buffer.position());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where each record of a segment begins, and behind them all where the last one ends. */
    static long[] recordOffsets(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            LongStream.Builder offsets = LongStream.builder();
            RecordReader reader = NewerSegment.reader(channel);
            long end = 0;
            while (reader.next()) {
                offsets.add(reader.offset());
                end = reader.end();
            }
            return offsets.add(end).build().toArray();
        }
    }

    static void assertRefused(Kind kind, String where, ThrowingCallable start) {
        assertThatThrownBy(start).isInstanceOfSatisfying(StartRefusedException.class, refused -> {
            org.assertj.core.api.Assertions.assertThat(refused.kind()).isEqualTo(kind);
            org.assertj.core.api.Assertions.assertThat(refused.getMessage())
                    .contains(where)
                    .doesNotContain("\n");
        });
    }
}
