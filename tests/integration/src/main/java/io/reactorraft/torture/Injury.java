package io.reactorraft.torture;

import io.reactorraft.wal.SegmentNames;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.regex.Pattern;

/** What is done to one file: chosen by a seed, told in a line. */
final class Injury {

    /** The sorts of injuries. */
    enum Kind {
        FLIP,
        ZERO,
        TRUNCATE,
        EXTEND,
        DUPLICATE,
        DELETE,
        OLDER
    }

    private static final String SEGMENT = ".cq4";

    /** Files that hold what was acknowledged; the others are injured less often. */
    private static final Pattern ACKNOWLEDGED_IN = Pattern.compile("\\.(cq4|snapshot)$");

    private static final int LARGEST_HOLE = 64 << 10;

    private final SplittableRandom random;
    private final Path directory;
    private final List<Path> older;

    /**
     * @param directory whose copy is injured in place
     * @param older copies of it from before
     */
    Injury(Path directory, List<Path> older, SplittableRandom random) {
        this.directory = directory;
        this.older = older;
        this.random = random;
    }

    /**
     * What was done.
     *
     * @param kind of injury
     * @param file that was injured
     * @param story for people
     */
    record Done(Kind kind, Path file, String story) {}

    /** Injures one file. */
    Done inflict() throws IOException {
        Kind kind = Kind.values()[random.nextInt(Kind.values().length)];
        List<Path> files = kind == Kind.OLDER ? changed() : Directories.files(directory);
        boolean anyFile = random.nextInt(4) == 0;
        List<Path> chosen = files.stream()
                .filter(each ->
                        anyFile || ACKNOWLEDGED_IN.matcher(each.toString()).find())
                .toList();
        List<Path> candidates = chosen.isEmpty() ? files : chosen;
        Path file = candidates.get(random.nextInt(candidates.size()));
        String what = switch (kind) {
            case FLIP -> flip(file);
            case ZERO -> zero(file);
            case TRUNCATE -> truncate(file);
            case EXTEND -> extend(file);
            case DUPLICATE -> duplicate(file);
            case DELETE -> {
                Files.delete(file);
                yield "deleted";
            }
            case OLDER -> older(file);
        };
        return new Done(
                kind, file, directory.relativize(file) + " " + kind.name().toLowerCase(Locale.ROOT) + ": " + what);
    }

    private String flip(Path file) throws IOException {
        long used = used(file);
        if (used == 0) {
            return "empty";
        }
        StringBuilder story = new StringBuilder();
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            for (int i = random.nextInt(3); i >= 0; i--) {
                long at = random.nextLong(used);
                int bit = random.nextInt(8);
                bytes.seek(at);
                int before = bytes.read();
                bytes.seek(at);
                bytes.write(before ^ (1 << bit));
                story.append(" bit ").append(bit).append(" at ").append(at);
            }
        }
        return story.toString().strip();
    }

    private String zero(Path file) throws IOException {
        long used = used(file);
        if (used == 0) {
            return "empty";
        }
        long from = random.nextLong(used);
        if (random.nextBoolean()) {
            from &= ~4095L;
        }
        long length = Math.min(used - from, 1 + random.nextLong(random.nextBoolean() ? 64 : LARGEST_HOLE));
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.seek(from);
            bytes.write(new byte[(int) length]);
        }
        return length + " bytes from " + from;
    }

    private String truncate(Path file) throws IOException {
        long used = used(file);
        long to = used == 0 ? 0 : random.nextLong(used);
        if (random.nextInt(8) == 0) {
            to = 0;
        }
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.setLength(to);
        }
        return "to " + to;
    }

    private String extend(Path file) throws IOException {
        byte[] more;
        String what;
        switch (random.nextInt(3)) {
            case 0 -> {
                more = new byte[1 + random.nextInt(LARGEST_HOLE)];
                what = "zeros";
            }
            case 1 -> {
                more = Content.bytes(random.nextLong(), 1 + random.nextInt(LARGEST_HOLE));
                what = "noise";
            }
            default -> {
                more = Files.readAllBytes(file);
                what = "itself";
            }
        }
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.seek(bytes.length());
            bytes.write(more);
        }
        return "by " + more.length + " bytes, " + what;
    }

    /** Under another name beside it, or, of a segment, under the name of another that is not there. */
    private String duplicate(Path file) throws IOException {
        String name = String.valueOf(file.getFileName());
        Path copy = file.resolveSibling("copy-of-" + name);
        if (name.endsWith(SEGMENT) && random.nextInt(4) != 0) {
            copy = file.resolveSibling(nextSegment(file));
        } else if (random.nextBoolean()) {
            copy = file.resolveSibling(name.replaceFirst("^\\d", "9"));
        }
        Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
        return "as " + copy.getFileName();
    }

    /** The name of a segment some hours behind the last one in this directory. */
    private String nextSegment(Path file) throws IOException {
        String last = String.valueOf(file.getFileName());
        for (Path each : Directories.files(Objects.requireNonNull(file.getParent()))) {
            String name = String.valueOf(each.getFileName());
            last = name.endsWith(SEGMENT) ? name : last;
        }
        return SegmentNames.after(last, 1 + random.nextInt(3));
    }

    /** The files that were once others. */
    private List<Path> changed() throws IOException {
        List<Path> changed = new ArrayList<>();
        for (Path file : Directories.files(directory)) {
            if (!olderCopies(file).isEmpty()) {
                changed.add(file);
            }
        }
        return changed;
    }

    private String older(Path file) throws IOException {
        List<Path> candidates = olderCopies(file);
        Path candidate = candidates.get(random.nextInt(candidates.size()));
        Files.copy(candidate, file, StandardCopyOption.REPLACE_EXISTING);
        return "copy of " + candidate;
    }

    private List<Path> olderCopies(Path file) throws IOException {
        List<Path> candidates = new ArrayList<>();
        for (Path image : older) {
            Path candidate = image.resolve(directory.relativize(file).toString());
            if (Files.exists(candidate) && Files.mismatch(candidate, file) >= 0) {
                candidates.add(candidate);
            }
        }
        return candidates;
    }

    /** Where the last byte stands that is not zero; now and then the whole length. */
    private long used(Path file) throws IOException {
        long length = Files.size(file);
        if (random.nextInt(8) == 0) {
            return length;
        }
        byte[] bytes = Files.readAllBytes(file);
        int used = bytes.length;
        while (used > 0 && bytes[used - 1] == 0) {
            used--;
        }
        return Math.min(length, used + 8L);
    }
}
