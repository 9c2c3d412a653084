package io.reactorraft.torture;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * SIGKILL at any moment of a store's life. The kills of one seed share a directory, so that what one leaves half done meets
 * the next; the next start finds out whether everything acknowledged is there.
 */
final class KillCampaign implements Campaign {

    /** Kills of one directory, and so of one seed. */
    static final int KILLS_A_LIFE = 20;

    private static final Duration START = Duration.ofMinutes(2);

    private final Path work;
    private final int times;
    private final Map<String, Integer> moments = new TreeMap<>();
    private int killed;
    private long acknowledged;

    KillCampaign(Path work, int times) {
        this.work = work;
        this.times = times;
    }

    @Override
    public String name() {
        return "kill";
    }

    @Override
    public void run(long seed, Progress progress) throws IOException, InterruptedException {
        for (long life = seed; killed < times; life++) {
            Path directory = work.resolve("kill-" + life);
            Directories.renew(directory);
            try {
                live(directory, life, Math.min(KILLS_A_LIFE, times - killed), progress);
            } catch (ViolationException violation) {
                throw new Failure(violation, "kill --times " + KILLS_A_LIFE + " --seed " + life, directory);
            }
            Directories.delete(directory);
        }
    }

    private void live(Path directory, long seed, int kills, Progress progress)
            throws IOException, InterruptedException {
        SplittableRandom random = new SplittableRandom(seed);
        Witness witness = new Witness();
        for (int i = 0; i < kills; i++) {
            Aim aim = Aim.any(random);
            long operations = aim.operations(random);
            strike(directory, random.nextLong(), operations, aim, witness);
            killed++;
            progress.tell(this::story);
        }
        readBack(directory, witness);
        acknowledged += witness.acknowledged();
    }

    private void strike(Path directory, long seed, long operations, Aim aim, Witness witness)
            throws InterruptedException {
        var said = witness.await(aim.line(), aim.count());
        try (Victim victim = start(directory, seed, operations, witness)) {
            aim.await(said);
            victim.kill();
            moments.merge(moment(victim.lastLine()), 1, Integer::sum);
        }
    }

    private static Victim start(Path directory, long seed, long operations, Witness witness) {
        List<String> more = List.of("--operations", Long.toString(operations));
        return Victim.start(directory.resolve("data"), directory.resolve("words"), seed, more, witness);
    }

    /** The last start is left alone. */
    private static void readBack(Path directory, Witness witness) throws InterruptedException {
        long before = witness.opened();
        try (Victim victim = start(directory, 0, 0, witness)) {
            if (!victim.awaitEnd(START)) {
                throw new ViolationException("a start took more than " + START + ", last: " + victim.lastLine());
            }
            victim.hearOut();
        }
        if (witness.opened() == before) {
            throw new ViolationException("the last start ended without a word; see words/err beside the data");
        }
    }

    private static String moment(String lastLine) {
        List<String> words = new ArrayList<>(List.of(lastLine.split(" ", -1)));
        String word = words.get(0);
        return word.isEmpty()
                ? "before opening"
                : word.equals("begin") ? words.get(2).toLowerCase(Locale.ROOT) : word;
    }

    @Override
    public String story() {
        return killed + " of " + times + " killed, last words: " + moments;
    }

    @Override
    public long count() {
        return killed;
    }

    @Override
    public long lastSeed(long seed) {
        return seed + Math.max(0, (times - 1) / KILLS_A_LIFE);
    }

    @Override
    public String summary() {
        return killed + " kills, " + acknowledged + " calls acknowledged, none lost; last words: " + moments;
    }
}
