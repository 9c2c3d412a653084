package io.reactorraft.torture;

import io.reactorraft.spi.StartRefusedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * Loss of power under load. While a process writes to a file system in an image, copies of the image are taken: what is in a
 * copy had reached the disk, all else is lost. Each is mounted and the stores in it are opened.
 *
 * <p>Most copies are taken while the process stands still (SIGSTOP, all of its system calls ended), after some of its dirty
 * pages, chosen by the seed, were written out in no order. The last of each load is taken after the file system was cut off
 * from its disk in the midst of whatever was going on. Either way no write happens during the copy, so that it is a state in
 * which the disk really was.
 */
final class PowerLossCampaign implements Campaign {

    /** Images of one load, and so of one seed. */
    static final int IMAGES_A_LOAD = 5;

    private static final Duration OPEN = Duration.ofSeconds(60);
    private static final Duration STANDSTILL = Duration.ofMinutes(1);
    private static final int LONGEST_LOAD_MILLIS = 700;
    private static final double SEEN_AT_LEAST = 0.9;

    private final Path work;
    private final int images;
    private final int imagesToSee;
    private int taken;
    private int saw;
    private long acknowledged;
    private String seen = "the harness was not tried";

    PowerLossCampaign(Path work, int images, int imagesToSee) {
        this.work = work;
        this.images = images;
        this.imagesToSee = imagesToSee;
    }

    @Override
    public String name() {
        return "power-loss";
    }

    @Override
    public void run(long seed, Progress progress) throws IOException, InterruptedException {
        if (imagesToSee > 0) {
            int log = see(Fault.LOG_UNSYNCED, seed, progress);
            int snapshots = see(Fault.SNAPSHOT_UNSYNCED, seed, progress);
            seen = "without syncs " + log + " of " + imagesToSee + " images lost entries, and " + snapshots + " of "
                    + imagesToSee + " a snapshot";
            progress.say("the harness sees: " + seen);
        }
        for (long load = seed; taken < images; load++) {
            int ofThisLoad = Math.min(IMAGES_A_LOAD, images - taken);
            try {
                new Load(load, Fault.NONE).run(ofThisLoad, progress);
            } catch (ViolationException violation) {
                throw new Failure(violation, "power-loss --see 0 --images " + IMAGES_A_LOAD + " --seed " + load, work);
            }
        }
    }

    /** How many images of a process that does something wrong show it. */
    private int see(Fault fault, long seed, Progress progress) throws IOException, InterruptedException {
        int tried = 0;
        int lost = 0;
        for (long load = seed; tried < imagesToSee; load++) {
            try {
                new Load(load, fault).run(1, progress);
            } catch (ViolationException found) {
                lost++;
            }
            tried++;
            saw++;
        }
        if (lost < SEEN_AT_LEAST * tried) {
            throw new Failure(
                    new ViolationException(
                            "the harness is blind: with " + fault.name().toLowerCase(Locale.ROOT) + " only " + lost
                                    + " of " + tried + " images were seen to lose anything"),
                    "power-loss --see " + imagesToSee + " --images 1 --seed " + seed,
                    work);
        }
        return lost;
    }

    /** One process on one image, and the copies that are taken of it. */
    private final class Load {
        private final SplittableRandom random;
        private final long seed;
        private final Fault fault;
        private final Witness witness = new Witness();

        Load(long seed, Fault fault) {
            this.seed = seed;
            this.fault = fault;
            this.random = new SplittableRandom(seed);
        }

        void run(int count, Progress progress) throws IOException, InterruptedException {
            Path disk = work.resolve("disk.img");
            try (LoopImage image = LoopImage.make(disk, work.resolve("disk"))) {
                Path data = image.mountPoint().resolve("data");
                Files.createDirectories(data);
                List<String> more = List.of("--fault", fault.name());
                try (Victim victim = Victim.start(data, work.resolve("words"), seed, more, witness)) {
                    awaitLoad(victim);
                    for (int i = 1; i <= count; i++) {
                        letRun(data);
                        boolean cut = i == IMAGES_A_LOAD || (count == 1 && fault == Fault.NONE && random.nextBoolean());
                        Model model = cut ? cutOff(image, victim) : freeze(image, victim, data);
                        check(model);
                        if (fault == Fault.NONE) {
                            taken++;
                        }
                        progress.tell(PowerLossCampaign.this::story);
                    }
                    victim.kill();
                } finally {
                    acknowledged += fault == Fault.NONE ? witness.acknowledged() : 0;
                }
            } finally {
                Files.deleteIfExists(disk);
            }
        }

        /** So far that there are snapshots to lose. */
        private void awaitLoad(Victim victim) throws InterruptedException {
            var compacting = witness.await("compacting", 3);
            while (!compacting.await(10, TimeUnit.MILLISECONDS)) {
                if (!victim.isAlive()) {
                    victim.hearOut();
                    throw new ViolationException("the process ended by itself; see words/err");
                }
            }
        }

        private void letRun(Path data) throws IOException, InterruptedException {
            for (int i = random.nextInt(3); i >= 0; i--) {
                TimeUnit.MILLISECONDS.sleep(random.nextInt(LONGEST_LOAD_MILLIS / 3));
                if (fault == Fault.NONE) {
                    Writeback.some(data, random);
                }
            }
            if (fault == Fault.SNAPSHOT_UNSYNCED
                    && !witness.await("compacting", 1).await(60, TimeUnit.SECONDS)) {
                throw new IOException("no snapshot was marked in a minute");
            }
        }

        /** Copies the image while the process stands still; what it had said by then is acknowledged. */
        private Model freeze(LoopImage image, Victim victim, Path data) throws IOException, InterruptedException {
            Libc.stop(victim.pid());
            try {
                awaitStandstill(victim.pid());
                victim.drain();
                Model model = witness.model();
                if (fault == Fault.NONE) {
                    Writeback.some(data, random);
                }
                image.copyTo(copy());
                return model;
            } finally {
                Libc.resume(victim.pid());
            }
        }

        /** Copies the image after it was cut off; what had been said before that is acknowledged. */
        private Model cutOff(LoopImage image, Victim victim) throws IOException, InterruptedException {
            Model model = witness.lastModel();
            Libc.cutOff(image.mountPoint());
            victim.kill();
            image.copyTo(copy());
            return model;
        }

        private void check(Model model) throws IOException, InterruptedException {
            try (LoopImage copy = LoopImage.mount(copy(), work.resolve("copy"));
                    Stores stores = Stores.open(copy.mountPoint().resolve("data"), OPEN)) {
                String difference = model.judge(stores.read(OPEN, nobody -> {}));
                if (difference != null) {
                    throw new ViolationException("lost with the power: " + difference);
                }
            } catch (StartRefusedException refused) {
                throw new ViolationException("refused after a loss of power: " + refused.getMessage(), refused);
            }
            Files.delete(copy());
        }

        private Path copy() {
            return work.resolve("copy.img");
        }

        /** All threads stand still: a system call that was under way has ended. */
        private void awaitStandstill(long pid) throws IOException, InterruptedException {
            long patience = System.nanoTime() + STANDSTILL.toNanos();
            while (!standsStill(pid)) {
                if (System.nanoTime() > patience) {
                    throw new ViolationException("process " + pid + " does not stop: it hangs in the kernel");
                }
                LockSupport.parkNanos(200_000);
            }
        }

        private static boolean standsStill(long pid) throws IOException {
            try (Stream<Path> tasks = Files.list(Path.of("/proc/" + pid + "/task"))) {
                for (Path task : tasks.toList()) {
                    String status = Files.readString(task.resolve("stat"));
                    if (status.charAt(status.lastIndexOf(')') + 2) != 'T') {
                        return false;
                    }
                }
                return true;
            }
        }
    }

    @Override
    public String story() {
        return taken + " of " + images + " images, " + saw + " to try the harness";
    }

    @Override
    public String summary() {
        return taken + " images, " + acknowledged + " calls acknowledged, none lost; " + seen;
    }

    @Override
    public long count() {
        return taken;
    }

    @Override
    public long lastSeed(long seed) {
        return seed + Math.max(0, (images - 1) / IMAGES_A_LOAD);
    }
}
