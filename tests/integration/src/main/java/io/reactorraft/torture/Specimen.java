package io.reactorraft.torture;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Stores to be injured: several segments of two openings and two snapshots, closed in order or as a kill leaves them, with
 * older copies of all files. The same seed makes the same files, but for their random ids.
 */
final class Specimen {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final int CALLS = 90;

    private final Path directory;
    private final List<Path> older = new ArrayList<>();
    private final Witness witness = new Witness();

    private Specimen(Path directory) {
        this.directory = directory;
    }

    /** Makes one under {@code work}. */
    static Specimen make(Path work, long seed) throws IOException, InterruptedException {
        Directories.renew(work);
        Path living = work.resolve("living");
        Specimen specimen = new Specimen(work.resolve("specimen"));
        SplittableRandom random = new SplittableRandom(seed);
        for (int session = 0; session < 2; session++) {
            try (Stores stores = Stores.open(living, SOON)) {
                Driver driver = specimen.driver(stores, random.nextLong());
                for (int part = 0; part < 2; part++) {
                    driver.run(CALLS + random.nextInt(CALLS));
                    specimen.keep(living, work.resolve("older-" + session + "-" + part));
                }
                driver.run(CALLS + random.nextInt(CALLS));
                if (session == 1 && random.nextBoolean()) {
                    Directories.copy(living, specimen.directory);
                    return specimen;
                }
            }
        }
        Directories.copy(living, specimen.directory);
        return specimen;
    }

    private Driver driver(Stores stores, long seed) {
        witness.said("opening");
        List<Found> found = stores.read(SOON, witness::said);
        found.forEach(each -> witness.said("found " + each.line()));
        witness.said("opened");
        return new Driver(stores, found, seed, witness::said, 1);
    }

    private void keep(Path living, Path copy) throws IOException {
        Directories.copy(living, copy);
        older.add(copy);
    }

    Path directory() {
        return directory;
    }

    List<Path> older() {
        return older;
    }

    Model model() {
        return witness.model();
    }
}
