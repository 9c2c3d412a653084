package io.reactorraft.torture;

import io.reactorraft.torture.Registers.Register;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A cluster of real processes under faults, and clients that write down what they asked and were told. What must hold: every
 * history is linearizable, no term falls or has two leaders, no process ends by itself, and the cluster works again after the
 * last fault.
 */
final class RunCampaign implements Campaign {
    /** A run with fewer leader changes a minute proves little. */
    private static final double LEAST_CHANGES_A_MINUTE = 5;

    /** And so does one in which fewer calls succeed. */
    private static final double LEAST_SUCCEEDING = 0.7;

    private static final long CHECK_EVERY_NANOS = TimeUnit.SECONDS.toNanos(20);
    private static final long RECOVERY_NANOS = TimeUnit.MINUTES.toNanos(2);
    private static final long RETRY_MILLIS = 200;
    private static final long CLIENTS_END_MILLIS = 180_000;

    private final Path work;
    private final Plan plan;
    private final Finding finding = new Finding();
    private final Registers registers = new Registers();
    private final LeadershipRecord leadership = new LeadershipRecord(finding);
    private final StoreClient store = new StoreClient();
    private final RunClient.Shared shared;
    private @Nullable Nemesis nemesis;
    private double minutesOfFaults;
    private int changes;

    /**
     * What to run.
     *
     * @param rate calls a second, of all clients together
     */
    record Plan(double minutes, int nodes, int clients, int rate, Set<Nemesis.Kind> nemesis, ServerCommand server) {}

    RunCampaign(Path work, Plan plan) {
        this.work = work;
        this.plan = plan;
        this.shared = new RunClient.Shared(registers, finding, 1_000L * plan.clients() / plan.rate());
    }

    @Override
    public String name() {
        return "run";
    }

    @Override
    public void run(long seed, Progress progress) throws IOException, InterruptedException {
        Path directory = work.resolve("run-" + seed);
        Directories.renew(directory);
        List<ServerNode> nodes = new ArrayList<>();
        try {
            Wires wires = Wires.lay(ids());
            for (String id : ids()) {
                NodeDisk disk = NodeDisk.make(directory, id);
                nodes.add(new ServerNode(
                        id,
                        wires.host(id),
                        disk,
                        directory.resolve(id + "-words"),
                        plan.server().of(id, wires, ids(), disk.data())));
            }
            torture(nodes, wires, new SplittableRandom(seed), progress);
        } catch (ViolationException violation) {
            throw new Failure(
                    violation,
                    String.format(Locale.ROOT, "run --minutes %.0f --seed %d", plan.minutes(), seed),
                    directory);
        } finally {
            end(nodes, directory);
        }
    }

    private List<String> ids() {
        return IntStream.rangeClosed(1, plan.nodes()).mapToObj(i -> "n" + i).toList();
    }

    private void torture(List<ServerNode> nodes, Wires wires, SplittableRandom random, Progress progress)
            throws IOException, InterruptedException {
        for (ServerNode node : nodes) {
            node.start();
        }
        for (ServerNode node : nodes) {
            node.awaitReady();
            leadership.watch(node);
        }
        awaitService(nodes);
        List<Thread> clients = startClients(nodes, random.split());
        Nemesis foe = new Nemesis(nodes, wires, leadership, store, plan.nemesis(), random.split());
        nemesis = foe;
        int leadershipsBefore = leadership.leaderships();
        long begun = System.nanoTime();
        long end = begun + (long) (plan.minutes() * TimeUnit.MINUTES.toNanos(1));
        for (long checked = begun; System.nanoTime() < end && !finding.isMade(); ) {
            foe.strike();
            minutesOfFaults = (System.nanoTime() - begun) / (double) TimeUnit.MINUTES.toNanos(1);
            changes = leadership.leaderships() - leadershipsBefore;
            if (System.nanoTime() - checked > CHECK_EVERY_NANOS) {
                checked = System.nanoTime();
                registers.check();
            }
            progress.tell(this::story);
        }
        shared.stop.set(true);
        for (Thread client : clients) {
            client.join(CLIENTS_END_MILLIS);
            if (client.isAlive()) {
                throw new ViolationException("a call hangs: " + client.getName());
            }
        }
        finding.throwIfMade();
        awaitService(nodes);
        readAll(nodes, random.split());
        registers.check();
        finding.throwIfMade();
    }

    private List<Thread> startClients(List<ServerNode> nodes, SplittableRandom random) {
        List<String> urls = nodes.stream().map(ServerNode::url).toList();
        List<Thread> clients = new ArrayList<>();
        for (int i = 0; i < plan.clients(); i++) {
            Thread client = new Thread(new RunClient(i, urls, random.split(), store, shared), "torture-client-" + i);
            client.setDaemon(true);
            clients.add(client);
            client.start();
        }
        return clients;
    }

    /** Nothing is wrong any more: within two minutes, on however busy a machine, every node has to take writes. */
    private void awaitService(List<ServerNode> nodes) throws InterruptedException {
        long end = System.nanoTime() + RECOVERY_NANOS;
        for (ServerNode node : nodes) {
            while (store.write(node.url(), "service", "x", null, null).kind() != StoreClient.Kind.DONE) {
                if (System.nanoTime() > end) {
                    throw new ViolationException(
                            node.id() + " takes no write two minutes after the last fault was undone");
                }
                TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
            }
        }
    }

    /** What was acknowledged at any time is there, at every node. */
    private void readAll(List<ServerNode> nodes, SplittableRandom random) throws InterruptedException {
        RunClient reader = new RunClient(plan.clients(), List.of(), random, store, shared);
        long end = System.nanoTime() + RECOVERY_NANOS;
        for (Register register : registers.all()) {
            registers.acquire(register);
            for (ServerNode node : nodes) {
                while (!reader.read(register, node.url(), StoreClient.PATIENCE)) {
                    if (System.nanoTime() > end) {
                        throw new ViolationException(node.id() + " answers no reads though nothing is wrong");
                    }
                    TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
                }
            }
            registers.release(register);
        }
    }

    private void end(List<ServerNode> nodes, Path directory) throws IOException, InterruptedException {
        leadership.close();
        shared.stop.set(true);
        Files.writeString(directory.resolve("histories.txt"), registers.story());
        Files.writeString(directory.resolve("leadership.txt"), leadership.story());
        Nemesis foe = nemesis;
        Files.writeString(directory.resolve("nemesis.txt"), foe == null ? "" : foe.story());
        nodes.forEach(ServerNode::close);
        for (ServerNode node : nodes) {
            node.awaitDeath();
            node.disk().close();
        }
    }

    @Override
    public String story() {
        Nemesis foe = nemesis;
        return String.format(
                Locale.ROOT,
                "%d calls, %.1f %% of them answered; %d leader changes, %.1f a minute; %s; %d keys, %d undecided",
                count(),
                100 * succeeding(),
                changes,
                changesAMinute(),
                foe == null ? "no fault" : foe.dealt(),
                registers.all().size(),
                registers.undecided());
    }

    @Override
    public String summary() {
        return (counts() ? "linearizable; " : "DOES NOT COUNT; ") + story();
    }

    @Override
    public boolean counts() {
        return changesAMinute() >= LEAST_CHANGES_A_MINUTE
                && succeeding() >= LEAST_SUCCEEDING
                && registers.undecided() == 0;
    }

    @Override
    public List<String> touches() {
        return List.of(":/reactor-raft/src/main", ":/rsocket-transport/src/main", ":/wal/src/main", ":/server");
    }

    private double changesAMinute() {
        return minutesOfFaults == 0 ? 0 : changes / minutesOfFaults;
    }

    private double succeeding() {
        return count() == 0 ? 0 : (double) shared.succeeded.get() / count();
    }

    @Override
    public long count() {
        return shared.succeeded.get() + shared.failed.get();
    }

    @Override
    public long lastSeed(long seed) {
        return seed;
    }
}
