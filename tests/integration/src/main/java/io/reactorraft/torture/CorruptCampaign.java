package io.reactorraft.torture;

import io.reactorraft.proto.HardState;
import io.reactorraft.spi.StartRefusedException;
import io.reactorraft.torture.Operation.Batch;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;

/**
 * One file injured: the stores start with everything acknowledged, and can be written; or they refuse, naming file and
 * offset. Each case has a seed of its own, and {@value #CASES_A_SPECIMEN} seeds share a specimen.
 */
final class CorruptCampaign implements Campaign {
    private static final int CASES_A_SPECIMEN = 250;
    private static final Duration HANG = Duration.ofSeconds(5);

    /** A machine stands still now and then; stores that hang do so each time. */
    private static final int ATTEMPTS = 3;

    private static final Pattern PLACE = Pattern.compile("/\\S+:\\d+");

    private final Path work;
    private final int cases;
    private final Map<String, int[]> outcomes = new TreeMap<>();
    private int done;
    private int started;
    private int refused;

    /** Something took longer than {@link #HANG}. */
    private static final class HangsException extends RuntimeException {
        private static final long serialVersionUID = 1;

        HangsException(Throwable cause) {
            super(cause);
        }
    }

    CorruptCampaign(Path work, int cases) {
        this.work = work;
        this.cases = cases;
    }

    @Override
    public String name() {
        return "corrupt";
    }

    @Override
    public void run(long seed, Progress progress) throws IOException, InterruptedException {
        long made = Long.MIN_VALUE;
        Specimen specimen = null;
        for (long each = seed; each < seed + cases; each++) {
            long ofSpecimen = Math.floorDiv(each, CASES_A_SPECIMEN);
            if (specimen == null || ofSpecimen != made) {
                specimen = Specimen.make(work.resolve("made"), ofSpecimen);
                made = ofSpecimen;
            }
            Path directory = work.resolve("case-" + each);
            try {
                judge(specimen, directory, each);
            } catch (ViolationException violation) {
                throw new Failure(violation, "corrupt --cases 1 --seed " + each, directory);
            }
            Directories.delete(directory);
            done++;
            progress.tell(this::story);
        }
    }

    private void judge(Specimen specimen, Path directory, long seed) throws IOException {
        for (int attempt = 1; ; attempt++) {
            Directories.delete(directory);
            Directories.copy(specimen.directory(), directory);
            Injury.Done injury = new Injury(directory, specimen.older(), new SplittableRandom(seed)).inflict();
            try {
                judge(specimen, directory, injury);
                return;
            } catch (HangsException hangs) {
                if (attempt == ATTEMPTS) {
                    throw new ViolationException(
                            injury.story() + ": " + ATTEMPTS + " times no end within " + HANG + ": "
                                    + hangs.getMessage(),
                            hangs);
                }
            }
        }
    }

    private void judge(Specimen specimen, Path directory, Injury.Done injury) {
        int[] counts = outcomes.computeIfAbsent(injury.kind().name().toLowerCase(Locale.ROOT), kind -> new int[2]);
        try {
            if (start(specimen, directory)) {
                started++;
                counts[0]++;
            } else {
                refused++;
                counts[1]++;
            }
        } catch (ViolationException violation) {
            throw new ViolationException(injury.story() + ": " + violation.getMessage(), violation);
        }
    }

    /** True where the stores started and hold everything; false where they refused, and said where. */
    private static boolean start(Specimen specimen, Path directory) {
        try (Stores stores = Stores.open(directory, HANG)) {
            List<Found> found = stores.read(HANG, nobody -> {});
            Model model = specimen.model();
            model.injured();
            String difference = model.judge(found);
            if (difference != null) {
                throw new ViolationException("lost in silence: " + difference);
            }
            for (Found each : found) {
                Operation next = Operation.append(
                        1,
                        each.group(),
                        HardState.getDefaultInstance(),
                        new Batch(
                                each.last() + 1, 1, Math.max(1, each.hardState().getTerm()), 1, 100));
                stores.log()
                        .append(each.group(), next.hardState(), next.entries())
                        .block(HANG);
            }
            return true;
        } catch (StartRefusedException refusal) {
            String message = String.valueOf(refusal.getMessage());
            if (!PLACE.matcher(message).find()) {
                throw new ViolationException("refused without file and offset: " + message, refusal);
            }
            return false;
        } catch (ViolationException violation) {
            throw violation;
        } catch (RuntimeException | Error other) {
            if (other.getCause() instanceof TimeoutException) {
                throw new HangsException(other);
            }
            throw new ViolationException("neither a start nor a refusal: " + other, other);
        }
    }

    @Override
    public String story() {
        return done + " of " + cases + " injured: " + started + " started, " + refused + " refused";
    }

    @Override
    public String summary() {
        StringBuilder kinds = new StringBuilder();
        outcomes.forEach((kind, counts) -> kinds.append(' ')
                .append(kind)
                .append(' ')
                .append(counts[0])
                .append('/')
                .append(counts[1]));
        return done + " injuries, none lost in silence: " + started + " started with all there, " + refused
                + " refused by file and offset (started/refused:" + kinds + ")";
    }

    @Override
    public long count() {
        return done;
    }

    @Override
    public long lastSeed(long seed) {
        return seed + cases - 1;
    }
}
