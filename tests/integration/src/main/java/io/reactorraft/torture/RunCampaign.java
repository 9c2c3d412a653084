package io.reactorraft.torture;

import io.reactorraft.torture.Registers.Register;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A cluster of real processes under faults, its members among what changes, and clients that write down what they asked and
 * were told. What must hold: every history is linearizable, every watcher is told of each change once and in order, no term
 * falls or has two leaders, no process ends by itself unless it was removed, and the cluster works again after the last fault,
 * with the members that were asked for.
 */
final class RunCampaign implements Campaign {
    /** A run with fewer leader changes a minute proves little. */
    private static final double LEAST_CHANGES_A_MINUTE = 5;

    /** And so does one in which fewer calls succeed. */
    private static final double LEAST_SUCCEEDING = 0.7;

    /** Nodes that are no members at first. */
    private static final int SPARES = 2;

    private static final long CHECK_EVERY_NANOS = TimeUnit.SECONDS.toNanos(20);
    private static final long RECOVERY_NANOS = TimeUnit.MINUTES.toNanos(2);
    private static final long RETRY_MILLIS = 200;
    private static final long CLIENTS_END_MILLIS = 180_000;

    private final Path work;
    private final Plan plan;
    private final Finding finding = new Finding();
    private final Registers registers = new Registers();
    private final LeadershipRecord leadership = new LeadershipRecord(finding);
    private final WatchTruth truth = new WatchTruth();
    private final Watchers watchers = new Watchers(truth);
    private final StoreClient store = new StoreClient(truth::acknowledged);
    private final ServerCommand server;
    private final RunClient.Shared shared;
    private @Nullable Nemesis nemesis;
    private @Nullable MemberNemesis members;
    private double minutesOfFaults;
    private int changes;

    /**
     * What to run.
     *
     * @param rate calls a second, of all clients together
     */
    record Plan(double minutes, int nodes, int clients, int watchers, int rate, Set<Nemesis.Kind> nemesis) {

        boolean changesMembers() {
            return nemesis.contains(Nemesis.Kind.MEMBERSHIP);
        }
    }

    RunCampaign(Path work, Plan plan, ServerCommand server) {
        this.work = work;
        this.plan = plan;
        this.server = server;
        this.shared = new RunClient.Shared(registers, finding, 1_000L * plan.clients() / plan.rate());
    }

    @Override
    public String name() {
        return "run" + (plan.changesMembers() ? "+membership" : "") + (plan.watchers() > 0 ? "+watch" : "");
    }

    @Override
    public void run(long seed, Progress progress) throws IOException, InterruptedException {
        Path directory = work.resolve("run-" + seed);
        Directories.renew(directory);
        List<ServerNode> nodes = new ArrayList<>();
        try {
            List<String> founders = ids(plan.nodes());
            List<String> all = ids(plan.nodes() + (plan.changesMembers() ? SPARES : 0));
            Wires wires = Wires.lay(all);
            for (String id : all) {
                NodeDisk disk = NodeDisk.make(directory, id);
                nodes.add(new ServerNode(
                        id,
                        wires.host(id),
                        disk,
                        directory.resolve(id + "-words"),
                        server.founding(id, wires, founders, disk.data())));
            }
            torture(new Crew(nodes), wires, new SplittableRandom(seed), progress);
        } catch (ViolationException violation) {
            throw new Failure(
                    violation,
                    String.format(Locale.ROOT, "run --minutes %.1f --seed %d", plan.minutes(), seed),
                    directory);
        } finally {
            end(nodes, directory);
        }
    }

    private static List<String> ids(int count) {
        return IntStream.rangeClosed(1, count).mapToObj(i -> "n" + i).toList();
    }

    private void torture(Crew crew, Wires wires, SplittableRandom random, Progress progress)
            throws IOException, InterruptedException {
        List<ServerNode> founders = crew.all().subList(0, plan.nodes());
        founders.forEach(each -> crew.duty(each.id(), Crew.Duty.MEMBER));
        crew.start(founders);
        crew.all().forEach(leadership::watch);
        awaitService(founders);
        List<Thread> clients = startClients(crew, random.split());
        watchers.start(plan.watchers(), crew::urls, random.split(), store, finding);
        Nemesis foe = new Nemesis(crew, wires, leadership, store, plan.nemesis(), random.split());
        MemberNemesis changing = new MemberNemesis(crew, starts(wires), leadership, store, foe, random.split());
        foe.deals(changing);
        nemesis = foe;
        members = changing;
        deal(foe, progress);
        shared.stop.set(true);
        for (Thread client : clients) {
            client.join(CLIENTS_END_MILLIS);
            if (client.isAlive()) {
                throw new ViolationException("a call hangs: " + client.getName());
            }
        }
        finding.throwIfMade();
        changing.settle();
        List<ServerNode> last = changing.members().stream().map(crew::node).toList();
        awaitService(last);
        readAll(last, random.split());
        judgeWatchers(last);
        registers.check();
        crew.check();
        finding.throwIfMade();
    }

    private void deal(Nemesis foe, Progress progress) throws IOException, InterruptedException {
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
    }

    private MemberNemesis.Starts starts(Wires wires) {
        return new MemberNemesis.Starts() {
            @Override
            public List<String> joining(ServerNode node, Collection<String> seeds, boolean learner) {
                return server.joining(node.id(), wires, seeds, node.disk().data(), learner);
            }

            @Override
            public String address(String id) {
                return ServerCommand.peer(wires, id);
            }
        };
    }

    private List<Thread> startClients(Crew crew, SplittableRandom random) {
        List<Thread> clients = new ArrayList<>();
        for (int i = 0; i < plan.clients(); i++) {
            RunClient runs = new RunClient(i, crew::urls, random.split(), store, shared);
            Thread client = new Thread(runs, "torture-client-" + i);
            client.setDaemon(true);
            clients.add(client);
            client.start();
        }
        return clients;
    }

    /** Nobody writes any more: what is there now is what all watchers have to have been told of. */
    private void judgeWatchers(List<ServerNode> nodes) throws InterruptedException {
        long end = System.nanoTime() + RECOVERY_NANOS;
        String url = nodes.get(0).url();
        while (true) {
            StoreClient.Content content = store.range(url, "");
            Long compacted = store.number(url, "compactedRevision");
            if (content != null && compacted != null) {
                watchers.judge(content, compacted, finding);
                return;
            }
            if (System.nanoTime() > end) {
                throw new ViolationException(nodes.get(0).id() + " answers no reads though nothing is wrong");
            }
            TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
        }
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
        RunClient reader = new RunClient(plan.clients(), List::of, random, store, shared);
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
        watchers.close();
        Files.writeString(directory.resolve("watchers.txt"), watchers.story());
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
        MemberNemesis changing = members;
        return String.format(
                Locale.ROOT,
                "%d calls, %.1f %% of them answered; %d leader changes, %.1f a minute; %s; %s%s; %d keys, %d undecided",
                count(),
                100 * succeeding(),
                changes,
                changesAMinute(),
                foe == null ? "no fault" : foe.dealt(),
                changing == null || !plan.changesMembers() ? "" : changing.told() + "; ",
                watchers.told(),
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
