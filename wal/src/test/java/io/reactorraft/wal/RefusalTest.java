package io.reactorraft.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.SegmentStart;
import io.reactorraft.spi.StartRefusedException;
import io.reactorraft.spi.StartRefusedException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever a start refuses: one line, with the file, the offset and what to do, and not a byte changed. */
class RefusalTest {

    /** Three segments of five entries each, and somebody who spoils them. */
    private record Case(List<Path> segments, Path directory) {
        Path segment(int number) {
            return segments.get(number);
        }
    }

    private interface Spoiling {
        /** Spoils the files. */
        void spoil(Case log) throws IOException;
    }

    @TempDir
    Path directory;

    static Stream<Arguments> refusals() {
        String replace = "; replace this member, or restore its files";
        return Stream.of(
                refusal(
                        "a flipped byte in an old segment",
                        Kind.DAMAGED,
                        "SEGMENT1:RECORD3",
                        replace,
                        log -> flip(log.segment(1), record(log.segment(1), 3) + 22)),
                refusal(
                        "a flipped byte in what was durable",
                        Kind.DAMAGED,
                        "SEGMENT2:RECORD3",
                        replace,
                        log -> flip(log.segment(2), record(log.segment(2), 3) + 22)),
                refusal(
                        "a header that was zeroed",
                        Kind.DAMAGED,
                        "SEGMENT1:HEADER3",
                        replace,
                        log -> Logs.overwrite(log.segment(1), record(log.segment(1), 3) - 4, new byte[4])),
                refusal(
                        "a head that is broken",
                        Kind.DAMAGED,
                        "SEGMENT1:RECORD0",
                        replace,
                        log -> flip(log.segment(1), record(log.segment(1), 0) + 22)),
                refusal(
                        "a gap between segments",
                        Kind.DAMAGED,
                        "SEGMENT0:",
                        "a segment is missing" + replace,
                        log -> Files.delete(log.segment(1))),
                refusal(
                        "the first segment gone",
                        Kind.DAMAGED,
                        "SEGMENT1:0",
                        replace,
                        log -> Files.delete(log.segment(0))),
                refusal("all gone but the last", Kind.DAMAGED, "SEGMENT2:0", replace, log -> {
                    Files.delete(log.segment(0));
                    Files.delete(log.segment(1));
                }),
                refusal("all gone but one that holds nothing", Kind.DAMAGED, "SEGMENT3:0", replace, log -> {
                    Logs.close(Logs.open(log.directory()));
                    for (Path segment : log.segments()) {
                        Files.delete(segment);
                    }
                }),
                refusal(
                        "the last segment gone",
                        Kind.DAMAGED,
                        "SEGMENT1:",
                        replace,
                        log -> Files.delete(log.segment(2))),
                refusal(
                        "a segment cut short",
                        Kind.DAMAGED,
                        "SEGMENT2:RECORD4",
                        replace,
                        log -> cut(log.segment(2), record(log.segment(2), 4))),
                refusal(
                        "a segment under another's name",
                        Kind.DAMAGED,
                        "OTHER:0",
                        replace,
                        log -> Files.copy(log.segment(0), log.segment(2).resolveSibling(SegmentName.of(50)))),
                refusal(
                        "a segment of another node",
                        Kind.FOREIGN,
                        "OTHER:0",
                        "; use this node's own directory",
                        log -> head(
                                log,
                                SegmentStart.newBuilder().setClusterId("c1").setNodeId("n2"))),
                refusal(
                        "a segment of another cluster",
                        Kind.FOREIGN,
                        "OTHER:0",
                        "own directory",
                        log -> head(
                                log,
                                SegmentStart.newBuilder().setClusterId("c2").setNodeId("n1"))),
                refusal(
                        "a segment of another directory",
                        Kind.FOREIGN,
                        "OTHER:0",
                        "belong together",
                        log -> head(
                                log,
                                SegmentStart.newBuilder()
                                        .setClusterId("c1")
                                        .setNodeId("n1")
                                        .setSegment(50)
                                        .setDataId(ByteString.copyFrom(new byte[16])))),
                refusal(
                        "a later format",
                        Kind.NEWER,
                        "OTHER:0",
                        "or a later one",
                        log -> head(log, SegmentStart.newBuilder().setFormatVersion(2))),
                refusal(
                        "an encrypted segment",
                        Kind.NEWER,
                        "OTHER:0",
                        "or a later one",
                        log -> head(log, SegmentStart.newBuilder().setKeyId("key-7"))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refusals")
    void isOneLineAndChangesNothing(String what, Kind kind, String place, String advice, Spoiling spoiling)
            throws IOException {
        List<Path> segments = write();
        Map<String, String> places = places(segments);
        spoiling.spoil(new Case(segments, directory));
        Map<Path, Integer> before = contents();
        String expected = places.entrySet().stream()
                .reduce(place, (text, each) -> text.replace(each.getKey(), each.getValue()), (one, other) -> one);

        assertThatThrownBy(() -> Logs.open(directory)).isInstanceOfSatisfying(StartRefusedException.class, refused -> {
            assertThat(refused.kind()).isEqualTo(kind);
            assertThat(refused.getMessage())
                    .startsWith(expected)
                    .contains(advice)
                    .doesNotContain("\n");
        });
        assertThat(contents()).isEqualTo(before);
        if (kind == Kind.DAMAGED) {
            assertThat(LogInspection.of(directory).damage()).startsWith(expected);
        }
    }

    private List<Path> write() throws IOException {
        for (int opening = 0; opening < 3; opening++) {
            ChronicleLogStore store = Logs.open(directory);
            for (long index = opening * 5L + 1; index <= opening * 5L + 5; index++) {
                Logs.append(store, Logs.entries(index, index, 40));
            }
            Logs.close(store);
        }
        return Logs.segments(directory);
    }

    /** The words of the table, by what they stand for; longer ones first. */
    private Map<String, String> places(List<Path> segments) throws IOException {
        Map<String, String> places = new TreeMap<>();
        places.put("OTHER", segments.get(2).resolveSibling(SegmentName.of(50)).toString());
        for (int segment = 0; segment < segments.size(); segment++) {
            String name = "SEGMENT" + segment;
            String path = segments.get(segment).toString();
            long[] records = Logs.recordOffsets(segments.get(segment));
            for (int record = 0; record < records.length; record++) {
                places.put(name + ":RECORD" + record, path + ":" + records[record]);
                places.put(name + ":HEADER" + record, path + ":" + (records[record] - 4));
            }
            places.put(name + ":", path + ":");
        }
        int behind = SegmentName.cycle(String.valueOf(segments.get(2).getFileName())) + 1;
        places.put("SEGMENT3:", new LogDirectory(directory).queue(behind).resolve(SegmentName.of(behind)) + ":");
        Map<String, String> longestFirst = new TreeMap<>(
                (one, other) -> one.length() == other.length() ? one.compareTo(other) : other.length() - one.length());
        longestFirst.putAll(places);
        return longestFirst;
    }

    private Map<Path, Integer> contents() throws IOException {
        Map<Path, Integer> contents = new TreeMap<>();
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                contents.put(file, Arrays.hashCode(Files.readAllBytes(file)));
            }
        }
        return contents;
    }

    private static Arguments refusal(String what, Kind kind, String place, String advice, Spoiling spoiling) {
        return Arguments.of(what, kind, place, advice, spoiling);
    }

    private static long record(Path segment, int number) throws IOException {
        return Logs.recordOffsets(segment)[number];
    }

    private static void flip(Path file, long at) throws IOException {
        Logs.overwrite(file, at, (byte) (Logs.bytes(file, at, 1)[0] ^ 0x10));
    }

    private static void cut(Path file, long to) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(to);
        }
    }

    /** A whole segment behind the others that says that of itself. */
    private static void head(Case log, SegmentStart.Builder start) throws IOException {
        if (start.getFormatVersion() == 0) {
            start.setFormatVersion(RecordLayout.FORMAT_VERSION);
        }
        BatchEncoder encoder = new BatchEncoder(1_000, new RecordChecksum(0));
        encoder.add(RecordType.SEGMENT_START, (byte) 0, 0, 60, start.build());
        ByteBuffer document = encoder.bytes();
        ByteBuffer header = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
        header.putInt(document.remaining()).flip();
        Path file = log.segment(2).resolveSibling(SegmentName.of(50));
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            channel.write(new ByteBuffer[] {header, document});
        }
    }
}
