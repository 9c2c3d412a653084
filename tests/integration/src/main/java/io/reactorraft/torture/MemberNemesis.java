package io.reactorraft.torture;

import io.reactorraft.torture.Crew.Duty;
import io.reactorraft.torture.MemberClient.Answer;
import io.reactorraft.torture.MemberClient.Shown;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Changes the members, from a seed, while everything else goes on: a change is asked for, half of the time something happens in
 * its midst, and where its outcome is unknown it is asked for again later, until it is told as done. Nobody waits meanwhile for
 * new members to catch up, or for old ones to end. Used on one thread.
 */
final class MemberNemesis {
    /** As long as anything is to take that has gone wrong where nothing is wrong any more, on however busy a machine. */
    private static final long SETTLED_NANOS = TimeUnit.MINUTES.toNanos(5);

    private static final long POLL_MILLIS = 500;
    /** Not every change is possible at all times. */
    private static final int ATTEMPTS = 5;

    private static final int MOST = 5;
    private static final int FEW = 3;

    private final Crew crew;
    private final Starts starts;
    private final MemberClient client;
    private final LeadershipRecord leadership;
    private final StoreClient store;
    private final Blows blows;
    private final SplittableRandom random;
    private final Set<String> known = new HashSet<>();
    private final Set<String> endedTwice = new HashSet<>();
    private final Map<Change.Kind, Integer> done = new EnumMap<>(Change.Kind.class);
    private SortedMap<String, Boolean> wanted = new TreeMap<>();
    private @Nullable Change pending;
    private boolean mayBeDone;
    private boolean settling;
    private @Nullable String diskLost;
    private int refused;
    private int unknown;

    /** How a node is started. */
    interface Starts {
        List<String> joining(ServerNode node, Collection<String> seeds, boolean learner);

        String address(String id);
    }

    /** What else happens to nodes. */
    interface Blows {
        void deal(ServerNode victim) throws IOException, InterruptedException;

        /** Notes what happens now. */
        void tell(String what);
    }

    MemberNemesis(
            Crew crew,
            Starts starts,
            LeadershipRecord leadership,
            StoreClient store,
            Blows blows,
            SplittableRandom random) {
        this.crew = crew;
        this.starts = starts;
        this.client = new MemberClient();
        this.leadership = leadership;
        this.store = store;
        this.blows = blows;
        this.random = random;
        for (ServerNode each : crew.of(EnumSet.of(Duty.MEMBER))) {
            wanted.put(each.id(), false);
            known.add(each.id());
        }
    }

    /** Asks for a change, or for the last one again; false: there is nothing to do but to wait. */
    boolean strike() throws IOException, InterruptedException {
        tend();
        if (pending != null) {
            return askAgain();
        }
        Map<String, Shown> shown = settled();
        if (shown == null && random.nextInt(2) == 0) {
            return false;
        }
        Change change = null;
        for (int i = 0; i < ATTEMPTS && change == null; i++) {
            change = next(shown);
        }
        if (change == null) {
            return false;
        }
        mayBeDone = false;
        if (pending == null) {
            begin(change, true);
        }
        return true;
    }

    /** Nothing is wrong any more: within some minutes everybody has to be where the last change wants them. */
    void settle() throws IOException, InterruptedException {
        settling = true;
        long end = System.nanoTime() + SETTLED_NANOS;
        while (true) {
            crew.check();
            tend();
            if (pending != null) {
                askAgain();
            } else if (settled() != null) {
                return;
            }
            if (System.nanoTime() > end) {
                throw new ViolationException("the members are not " + Change.show(wanted)
                        + " minutes after the last fault was undone: " + whatIs());
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
    }

    /** Who is to be a member. */
    Set<String> members() {
        return wanted.keySet();
    }

    /** What was done, in a few words. */
    String told() {
        return "members " + done + ", refused " + refused + ", unknown at first " + unknown;
    }

    private String whatIs() throws InterruptedException {
        StringBuilder what = new StringBuilder(pending == null ? "nothing asked" : "asked for " + pending);
        for (ServerNode each : crew.all()) {
            what.append("; ").append(each.id()).append(' ').append(crew.duty(each.id()));
            if (each.isAlive()) {
                what.append(" shows ").append(client.members(each.url()));
            }
        }
        return what.toString();
    }

    private void begin(Change change, boolean first) throws IOException, InterruptedException {
        if (change.question() == null) {
            join(change);
            return;
        }
        pending = change;
        Map<String, Duty> before = new HashMap<>();
        if (first && change.kind() == Change.Kind.REMOVE && random.nextInt(4) == 0) {
            down(change.subject());
        }
        for (String id : change.leaving(wanted)) {
            Duty duty = crew.duty(id);
            before.put(id, duty);
            if (duty == Duty.MEMBER) {
                crew.duty(id, Duty.LEAVING);
            } else if (duty == Duty.COMING) {
                crew.duty(id, Duty.UNWANTED);
            }
        }
        boolean struck = first && !settling && random.nextBoolean();
        List<Answer> answers = ask(change, struck);
        Answer best = answers.stream()
                .min((one, other) -> one.kind().compareTo(other.kind()))
                .orElseThrow();
        boolean anyUnknown = answers.stream().anyMatch(each -> each.kind() == MemberClient.Kind.UNKNOWN);
        blows.tell(change.kind() + " " + change.subject() + ": " + best.text());
        if (best.kind() == MemberClient.Kind.DONE) {
            done(change);
        } else if (change.kind() == Change.Kind.TRANSFER) {
            pending = null;
            refused++;
        } else if (anyUnknown || mayBeDone || change.kind() == Change.Kind.REPLACE) {
            unknown += anyUnknown && !mayBeDone ? 1 : 0;
            mayBeDone |= anyUnknown;
        } else {
            refused++;
            pending = null;
            before.forEach(this::stays);
            startDown();
        }
    }

    private void stays(String id, Duty before) {
        if (crew.duty(id) == Duty.GONE) {
            throw new ViolationException(id + " ended as a removed one, and its removal was refused");
        }
        if (before == Duty.MEMBER || before == Duty.COMING) {
            crew.duty(id, before);
        }
    }

    /** It is to be removed while it is down. */
    private void down(String id) throws IOException, InterruptedException {
        if (crew.duty(id) == Duty.MEMBER) {
            ServerNode node = crew.node(id);
            crew.duty(id, Duty.DOWN);
            node.strike();
            node.awaitDeath();
            blows.tell(id + " is down");
        }
    }

    private void startDown() throws IOException, InterruptedException {
        for (ServerNode each : crew.of(EnumSet.of(Duty.DOWN))) {
            crew.duty(each.id(), wanted.containsKey(each.id()) ? Duty.MEMBER : Duty.LEAVING);
            crew.start(List.of(each));
        }
    }

    /** At one node, or at two at a time. */
    private List<Answer> ask(Change change, boolean struck) throws IOException, InterruptedException {
        MemberClient.Question question = Objects.requireNonNull(change.question());
        blows.tell("asks: " + change);
        List<ServerNode> able = new ArrayList<>(crew.of(EnumSet.of(Duty.MEMBER, Duty.LEAVING)));
        Collections.shuffle(able, new java.util.Random(random.nextLong()));
        List<CompletableFuture<Answer>> asked = new ArrayList<>();
        for (ServerNode each : able.subList(0, Math.min(able.size(), random.nextInt(4) == 0 ? 2 : 1))) {
            asked.add(client.ask(each.url(), question));
        }
        if (struck) {
            TimeUnit.MILLISECONDS.sleep(random.nextLong(random.nextBoolean() ? 100 : 1_500));
            blows.deal(victim(change));
        }
        List<Answer> answers = new ArrayList<>();
        try {
            asked.forEach(each -> answers.add(each.join()));
        } catch (CompletionException failed) {
            throw failed.getCause() instanceof ViolationException violation ? violation : failed;
        }
        return answers;
    }

    /** Whoever leads, whom it is about, or anybody. */
    private ServerNode victim(Change change) {
        String leader = leadership.leader();
        int dice = random.nextInt(4);
        String id = dice < 2 && leader != null ? leader : change.subject();
        List<ServerNode> alive = crew.alive();
        return alive.stream()
                .filter(each -> each.id().equals(id))
                .findFirst()
                .orElseGet(() -> alive.get(random.nextInt(alive.size())));
    }

    private void done(Change change) throws IOException, InterruptedException {
        pending = null;
        done.merge(change.kind(), 1, Integer::sum);
        Set<String> left = change.leaving(wanted);
        wanted = new TreeMap<>(change.after());
        known.addAll(wanted.keySet());
        if (!left.isEmpty()) {
            long term = 0;
            for (ServerNode each : crew.alive()) {
                Long there = left.contains(each.id()) ? null : store.number(each.url(), "term");
                term = Math.max(term, there == null ? 0 : there);
            }
            for (String id : term == 0 ? Set.<String>of() : left) {
                leadership.removed(id, term);
            }
        }
        startDown();
        if (change.subject().equals(diskLost)) {
            diskLost = null;
        }
    }

    private boolean askAgain() throws IOException, InterruptedException {
        Change change = Objects.requireNonNull(pending);
        if (change.kind() == Change.Kind.REPLACE && crew.duty(change.subject()) == Duty.UNWANTED) {
            return false; // it is yet to be told that it was wiped
        }
        if (change.question() != null) {
            begin(change, change.kind() == Change.Kind.REPLACE && !mayBeDone);
            return true;
        }
        if (isListed(change.subject())) {
            done(change);
        }
        return false;
    }

    /** It asks by itself, and is let in. */
    private void join(Change change) throws IOException {
        pending = change;
        blows.tell("starts: " + change);
        come(change.subject(), change.after().getOrDefault(change.subject(), false));
    }

    private void come(String id, boolean learner) throws IOException {
        ServerNode node = crew.node(id);
        List<String> seeds = wanted.keySet().stream()
                .filter(each -> !each.equals(id) && crew.duty(each) == Duty.MEMBER)
                .toList();
        node.use(starts.joining(node, seeds, learner));
        leadership.welcome(id);
        crew.duty(id, Duty.COMING);
        node.start();
        blows.tell(id + " comes");
    }

    /** Starts who is to come, and sees who has come and who has gone. Waits for nobody. */
    private void tend() throws IOException, InterruptedException {
        crew.check();
        Set<String> expected = new HashSet<>(wanted.keySet());
        if (pending != null) {
            expected.addAll(pending.after().keySet());
        }
        for (ServerNode each : crew.all()) {
            String id = each.id();
            switch (crew.duty(id)) {
                case GONE -> gone(each);
                case SPARE -> {
                    boolean asked = pending != null && pending.subject().equals(id);
                    boolean isMember = wanted.containsKey(id) && !asked;
                    if (expected.contains(id) && !id.equals(diskLost) && (isMember || isListed(id))) {
                        come(id, false);
                    }
                }
                case COMING -> {
                    Map<String, Shown> members = each.isAlive() ? client.members(each.url()) : null;
                    if (members != null && members.containsKey(id)) {
                        crew.duty(id, Duty.MEMBER);
                    }
                }
                default -> {
                    // as it is to be
                }
            }
        }
    }

    /** Its directory is not used again: it is no member with it however often it is started. */
    private void gone(ServerNode node) throws IOException, InterruptedException {
        String id = node.id();
        if (!id.equals(diskLost) && random.nextInt(3) == 0 && endedTwice.add(id)) {
            blows.tell(id + " is started again with the directory of its removed self");
            crew.duty(id, Duty.LEAVING);
            node.start();
            return;
        }
        endedTwice.remove(id);
        node.disk().wipe();
        crew.duty(id, Duty.SPARE);
        blows.tell(id + " has ended, and its disk is empty");
    }

    private boolean isListed(String id) throws InterruptedException {
        for (ServerNode each : crew.of(EnumSet.of(Duty.MEMBER))) {
            Map<String, Shown> members = each.id().equals(id) ? null : client.members(each.url());
            if (members != null && members.containsKey(id)) {
                return true;
            }
        }
        return false;
    }

    /** The members, where all of them are as they are to be, and every one of them shows all of them so; else null. */
    private @Nullable Map<String, Shown> settled() throws InterruptedException {
        for (ServerNode each : crew.all()) {
            Duty due = wanted.containsKey(each.id()) ? Duty.MEMBER : Duty.SPARE;
            if (crew.duty(each.id()) != due) {
                return null;
            }
        }
        Map<String, Shown> agreed = null;
        for (String id : wanted.keySet()) {
            Map<String, Shown> shown = client.members(crew.node(id).url());
            if (shown == null || (agreed != null && !agreed.equals(shown)) || !isWanted(shown)) {
                return null;
            }
            agreed = shown;
        }
        return agreed;
    }

    private boolean isWanted(Map<String, Shown> shown) {
        Map<String, Boolean> learners = new TreeMap<>();
        shown.forEach((id, each) -> learners.put(id, each.learner()));
        return learners.equals(wanted) && shown.values().stream().noneMatch(each -> each.dataId() == null);
    }

    /** @param shown the members where all is settled */
    private @Nullable Change next(@Nullable Map<String, Shown> shown) throws IOException, InterruptedException {
        List<String> voters =
                wanted.keySet().stream().filter(id -> !isLearner(id)).toList();
        List<String> learners = wanted.keySet().stream().filter(this::isLearner).toList();
        List<String> spares = crew.of(EnumSet.of(Duty.SPARE)).stream()
                .map(ServerNode::id)
                .filter(id -> !wanted.containsKey(id))
                .toList();
        boolean mayLose = voters.size() > (random.nextInt(4) == 0 ? FEW - 1 : FEW);
        String any = any(List.copyOf(wanted.keySet()));
        switch (random.nextInt(9)) {
            case 0, 1 -> {
                return spares.isEmpty() ? null : add(any(spares));
            }
            case 2, 3 -> {
                return mayLose || isLearner(any) ? remove(any, shown) : null;
            }
            case 4 -> {
                return learners.isEmpty() ? null : Change.promote(wanted, any(learners));
            }
            case 5 -> {
                String voter = any(voters);
                return mayLose ? Change.add(wanted, voter, starts.address(voter), true) : null;
            }
            case 6 -> {
                // of three, the two that are left have to stand everything else alone
                boolean enough = voters.size() > FEW || (voters.size() == FEW && random.nextInt(3) == 0);
                return shown == null || !enough ? null : loseDisk(any, shown);
            }
            case 7 -> {
                return Change.transfer(wanted, any);
            }
            default -> {
                return reconcile(spares);
            }
        }
    }

    private boolean isLearner(String id) {
        return Boolean.TRUE.equals(wanted.get(id));
    }

    private String any(List<String> ids) {
        String leader = leadership.leader();
        return leader != null && ids.contains(leader) && random.nextInt(3) == 0
                ? leader
                : ids.get(random.nextInt(ids.size()));
    }

    private Change add(String id) {
        boolean learner = random.nextInt(3) == 0;
        return !known.contains(id) && random.nextBoolean()
                ? Change.join(wanted, id, learner)
                : Change.add(wanted, id, starts.address(id), learner);
    }

    private Change remove(String id, @Nullable Map<String, Shown> shown) {
        Shown there = shown == null ? null : shown.get(id);
        return Change.remove(wanted, id, there == null || random.nextBoolean() ? null : there.dataId());
    }

    /** From three to five and back. */
    private @Nullable Change reconcile(List<String> spares) {
        List<String> all = new ArrayList<>(wanted.keySet());
        all.addAll(spares);
        if (wanted.size() > FEW) {
            Collections.shuffle(all, new java.util.Random(random.nextLong()));
            all = all.subList(0, FEW);
        }
        return all.size() < FEW || all.size() > MOST ? null : Change.reconcile(all, starts::address);
    }

    /** It comes back with an empty disk; half of the time before anybody said that it may, and then it has to end. */
    private Change loseDisk(String id, Map<String, Shown> shown) throws IOException, InterruptedException {
        ServerNode node = crew.node(id);
        blows.tell(id + " loses its disk");
        crew.duty(id, Duty.SPARE);
        diskLost = id;
        node.strike();
        node.awaitDeath();
        node.disk().wipe();
        Shown there = shown.get(id);
        Change change = Change.replace(wanted, id, there == null || random.nextBoolean() ? null : there.dataId());
        if (random.nextBoolean()) {
            List<String> others =
                    wanted.keySet().stream().filter(each -> !each.equals(id)).toList();
            node.use(starts.joining(node, others, false));
            crew.duty(id, Duty.UNWANTED);
            node.start();
            pending = change;
        }
        return change;
    }
}
