package io.reactorraft.torture;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Deals one blow after the other to a cluster, from a seed, and undoes each: so a majority is able to work most of the time.
 * Most blows hit whoever leads. Used on one thread.
 */
final class Nemesis implements MemberNemesis.Blows {
    /** A start costs seconds of a processor: no more than so many. */
    private static final long KILL_EVERY_NANOS = TimeUnit.SECONDS.toNanos(25);

    /** To start more than these at once takes most of a minute: that is done half as often. */
    private static final int USUAL_NODES = 3;

    private static final int LARGE_BYTES = 512 << 10;

    private final Crew crew;
    private final Wires wires;
    private final LeadershipRecord leadership;
    private final StoreClient store;
    private final List<Kind> kinds = new ArrayList<>();
    private final SplittableRandom random;
    private final Map<Kind, Integer> dealt = new EnumMap<>(Kind.class);
    private final List<String> story = new ArrayList<>();
    private final long begun = System.nanoTime();
    private long lastKill = begun - KILL_EVERY_NANOS;
    private @Nullable MemberNemesis members;

    /** What can happen, and how often beside the others. */
    enum Kind {
        KILL(3),
        PAUSE(4),
        PARTITION(4),
        ONE_WAY(3),
        DISK_FULL(1),
        SLOW_DISK(2),
        MEMBERSHIP(9);

        private final int weight;

        Kind(int weight) {
            this.weight = weight;
        }

        /** As on the command line. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    private interface Deed {
        void run() throws IOException, InterruptedException;
    }

    Nemesis(
            Crew crew,
            Wires wires,
            LeadershipRecord leadership,
            StoreClient store,
            Set<Kind> kinds,
            SplittableRandom random) {
        this.crew = crew;
        this.wires = wires;
        this.leadership = leadership;
        this.store = store;
        this.random = random;
        for (Kind kind : EnumSet.copyOf(kinds)) {
            for (int i = 0; i < kind.weight; i++) {
                this.kinds.add(kind);
            }
        }
    }

    /** Changes of the members are dealt by that one. */
    void deals(MemberNemesis changes) {
        members = changes;
    }

    /** One blow, its undoing, and a while of peace. */
    void strike() throws IOException, InterruptedException {
        Kind kind = kinds.get(random.nextInt(kinds.size()));
        if (kind == Kind.KILL && isTooSoon() && kinds.stream().anyMatch(each -> each != Kind.KILL)) {
            return;
        }
        if (kind == Kind.MEMBERSHIP) {
            MemberNemesis changes = members;
            if (changes == null || !changes.strike()) {
                return;
            }
        } else {
            deal(kind, victim());
        }
        dealt.merge(kind, 1, Integer::sum);
        tell("peace");
        crew.check();
        rest(800, 2_300);
    }

    private boolean isTooSoon() {
        return System.nanoTime() - lastKill < KILL_EVERY_NANOS;
    }

    /** In the midst of something else; nothing, where no blow is to be dealt that could be. */
    @Override
    public void deal(ServerNode victim) throws IOException, InterruptedException {
        List<Kind> able = kinds.stream()
                .filter(each -> each != Kind.MEMBERSHIP && each != Kind.DISK_FULL)
                .filter(each -> each != Kind.KILL || !isTooSoon())
                .toList();
        if (!able.isEmpty()) {
            deal(able.get(random.nextInt(able.size())), victim);
            tell("peace");
        }
    }

    private void deal(Kind kind, ServerNode victim) throws IOException, InterruptedException {
        switch (kind) {
            case KILL -> kill(victim);
            case PAUSE -> pause(victim);
            case PARTITION -> partition(victim);
            case ONE_WAY -> oneWay(victim);
            case DISK_FULL -> diskFull(victim);
            case SLOW_DISK -> slowDisk(victim);
            case MEMBERSHIP -> throw new AssertionError("it has no victim");
        }
    }

    /** What was dealt so far. */
    Map<Kind, Integer> dealt() {
        return dealt;
    }

    /** What happened when. */
    String story() {
        return String.join("\n", story);
    }

    private ServerNode victim() {
        String leader = random.nextInt(10) < 8 ? leadership.leader() : null;
        List<ServerNode> alive = crew.alive();
        return alive.stream()
                .filter(node -> node.id().equals(leader))
                .findFirst()
                .orElseGet(() -> alive.get(random.nextInt(alive.size())));
    }

    /** One process or all of them; their machines too, in most cases, which lose what was not synced. */
    private void kill(ServerNode victim) throws IOException, InterruptedException {
        lastKill = System.nanoTime();
        List<ServerNode> alive = crew.alive();
        boolean all = random.nextInt(5) < (alive.size() > USUAL_NODES ? 1 : 2);
        List<ServerNode> victims = all ? alive : List.of(victim);
        boolean slowBefore = random.nextBoolean();
        boolean power = random.nextInt(3) < 2;
        tell("kill " + (all ? "all" : victim.id()) + (power ? ", power lost" : "") + (slowBefore ? ", slow disk" : ""));
        if (slowBefore) {
            for (ServerNode each : victims) {
                each.disk().slow();
            }
            rest(200, 900);
        }
        victims.forEach(ServerNode::strike);
        for (ServerNode each : victims) {
            each.awaitDeath();
            if (slowBefore) {
                each.disk().fast();
            }
            if (power) {
                each.disk().losePower();
            }
        }
        rest(200, 1_500);
        crew.start(victims);
    }

    private void pause(ServerNode victim) throws IOException, InterruptedException {
        List<ServerNode> victims = random.nextInt(5) == 0 ? othersThan(victim) : List.of(victim);
        during(
                "pause " + victims.stream().map(ServerNode::id).toList(),
                () -> {
                    for (ServerNode each : victims) {
                        each.pause();
                    }
                },
                () -> {
                    for (ServerNode each : victims) {
                        each.resume();
                    }
                });
    }

    private void partition(ServerNode victim) throws IOException, InterruptedException {
        during(
                "partition " + victim.id(),
                () -> {
                    cutTo(victim);
                    cutFrom(victim);
                },
                () -> {
                    mendTo(victim);
                    mendFrom(victim);
                });
    }

    private void oneWay(ServerNode victim) throws IOException, InterruptedException {
        switch (random.nextInt(3)) {
            case 0 -> during("nothing reaches " + victim.id(), () -> cutTo(victim), () -> mendTo(victim));
            case 1 -> during("nothing leaves " + victim.id(), () -> cutFrom(victim), () -> mendFrom(victim));
            default ->
                during(
                        "nothing leaves " + victim.id() + ", and its mail is late",
                        () -> lateMail(victim),
                        () -> mailAtOnce(victim));
        }
    }

    /** What others have sent it arrives bit by bit, so that it hears of them while they hear nothing of it. */
    private void lateMail(ServerNode victim) throws IOException, InterruptedException {
        for (ServerNode other : othersThan(victim)) {
            wires.slow(other.id(), victim.id());
        }
        rest(200, 900);
        cutFrom(victim);
    }

    private void mailAtOnce(ServerNode victim) throws IOException, InterruptedException {
        for (ServerNode other : othersThan(victim)) {
            wires.hasten(other.id(), victim.id());
        }
        mendFrom(victim);
    }

    private void cutTo(ServerNode victim) throws IOException, InterruptedException {
        for (ServerNode other : othersThan(victim)) {
            wires.cut(other.id(), victim.id());
        }
    }

    private void cutFrom(ServerNode victim) throws IOException, InterruptedException {
        for (ServerNode other : othersThan(victim)) {
            wires.cut(victim.id(), other.id());
        }
    }

    private void mendTo(ServerNode victim) throws IOException, InterruptedException {
        for (ServerNode other : othersThan(victim)) {
            wires.mend(other.id(), victim.id());
        }
    }

    private void mendFrom(ServerNode victim) throws IOException, InterruptedException {
        for (ServerNode other : othersThan(victim)) {
            wires.mend(victim.id(), other.id());
        }
    }

    private List<ServerNode> othersThan(ServerNode victim) {
        return crew.all().stream().filter(node -> node != victim).toList();
    }

    private void slowDisk(ServerNode victim) throws IOException, InterruptedException {
        NodeDisk disk = victim.disk();
        if (random.nextBoolean()) {
            during("slow disk of " + victim.id(), disk::slow, disk::fast);
        } else {
            during("stalled disk of " + victim.id(), disk::freeze, disk::thaw);
        }
    }

    /** Full, with writes that need room. */
    private void diskFull(ServerNode victim) throws IOException, InterruptedException {
        String large = "x".repeat(LARGE_BYTES);
        during(
                "full disk of " + victim.id(),
                () -> {
                    victim.disk().fill();
                    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(6);
                    for (int i = 0; System.nanoTime() < end && !store.isFull(victim.url()); i++) {
                        store.write(victim.url(), "large-" + i % 4, large, null, null);
                    }
                },
                victim.disk()::clear);
    }

    private void during(String what, Deed blow, Deed undo) throws IOException, InterruptedException {
        tell(what);
        try {
            blow.run();
            rest(2_000, 4_500);
        } finally {
            undo.run();
        }
    }

    private void rest(long fromMillis, long toMillis) throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(random.nextLong(fromMillis, toMillis));
    }

    /** Notes what happens now. */
    @Override
    public void tell(String what) {
        story.add(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun) + " ms " + what);
    }
}
