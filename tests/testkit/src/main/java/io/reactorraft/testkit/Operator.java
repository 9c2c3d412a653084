package io.reactorraft.testkit;

import com.google.protobuf.ByteString;
import io.reactorraft.LoggedMembers;
import io.reactorraft.Member;
import io.reactorraft.Membership;
import io.reactorraft.RaftException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Changes the members of a simulated cluster as people and controllers do: has members added, removed, promoted and
 * demoted, sets the whole group a target, takes disks away and has the members replaced, and starts the processes that go
 * with it. It asks anybody, and while other changes and faults go on.
 *
 * <p>Checked: each request has an answer in time, and an answer that says "done" is true by the log; who is a member is
 * not sent away, and who was removed ends by itself; in the end the group comes to where it was told to.
 *
 * <p>What it does not do is what no group survives: it takes one disk at a time, and nothing else while that is replaced.
 */
final class Operator<C, R> {
    private static final int LEAST_VOTERS = 2;
    private static final int MORE_MEMBERS = 3;
    private static final long ANSWER_LATE_NANOS = TimeUnit.SECONDS.toNanos(13);
    private static final long AGAIN_NANOS = TimeUnit.SECONDS.toNanos(25);
    private static final long TARGET_NANOS = TimeUnit.SECONDS.toNanos(90);
    private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final SimulatedGroup<C, R> group;
    private final LoggedConfigurations logged;
    private final Dice dice;
    private final long answerNanos;
    private final int mostMembers;
    private int born;
    private long questions;
    private int open;
    private boolean uncertain;
    private @Nullable String lost;
    private boolean resting;

    Operator(SimulatedGroup<C, R> group, Plan<C, R> plan, LoggedConfigurations logged, Dice dice) {
        this.group = group;
        this.logged = logged;
        this.dice = dice;
        long limit = plan.config().requestTimeout().toNanos();
        this.answerNanos = limit + limit / 10 + ANSWER_LATE_NANOS;
        this.born = plan.nodes();
        this.mostMembers = plan.nodes() + MORE_MEMBERS;
    }

    void start() {
        group.time().after(millis(dice.between(200, 2_500)), () -> {
            if (!resting) {
                one();
                start();
            }
        });
    }

    /** One change, now; unless a disk is being replaced. */
    void one() {
        if (resting || lost != null || logged.lastIndex() == 0) {
            return;
        }
        switchOff();
        switch ((int) dice.below(10)) {
            case 0, 1 -> add();
            case 2, 3 -> remove();
            case 4, 5 -> loseDisk();
            case 6 -> changeVote();
            case 7 -> comeBack();
            default -> reconcile();
        }
    }

    // ------------------------------------------------------------------------------------------------- what it asks
    // for

    private void add() {
        if (logged.latest().target().size() < mostMembers) {
            Member next = born();
            if (dice.permille(500)) {
                ask(
                        "add " + next.id(),
                        members -> members.add(next),
                        now -> now.members().containsKey(next.id()));
            }
            launch(next);
        }
    }

    private Member born() {
        return member("n" + ++born, dice.permille(250));
    }

    private static Member member(String id, boolean learner) {
        String address = "host" + id.substring(1) + ":7000";
        return learner ? Member.learner(id, address) : Member.voter(id, address);
    }

    /** Its process is started a little later, by somebody else. */
    private void launch(Member next) {
        group.time().after(millis(dice.below(2_000)), () -> {
            if (!resting) {
                group.join(next, via(next.id()));
            }
        });
    }

    private List<String> via(String id) {
        List<String> addresses = new ArrayList<>();
        List<String> others = new ArrayList<>(logged.latest().members().keySet());
        others.remove(id);
        while (!others.isEmpty() && addresses.size() < 3) {
            String other = dice.oneOf(others);
            others.remove(other);
            addresses.add(member(other, false).address());
        }
        return addresses;
    }

    private void remove() {
        Map<String, Member> target = logged.latest().target();
        String id = dice.oneOf(List.copyOf(target.keySet()));
        target.remove(id);
        if (voters(target) >= LEAST_VOTERS) {
            ask(
                    "remove " + id,
                    members -> members.remove(id),
                    now -> !now.members().containsKey(id));
        }
    }

    private void changeVote() {
        Map<String, Member> target = logged.latest().target();
        String id = dice.oneOf(List.copyOf(target.keySet()));
        Member known = target.get(id);
        if (known != null && known.learner()) {
            ask("promote " + id, members -> members.promote(id), now -> isIn(now, id, false));
        } else if (voters(target) > LEAST_VOTERS) {
            ask("demote " + id, members -> members.add(member(id, true)), now -> isIn(now, id, true));
        }
    }

    private static boolean isIn(LoggedMembers now, String id, boolean learner) {
        Member known = now.members().get(id);
        return known != null && known.learner() == learner;
    }

    /** An id that was removed is added again, and comes with an empty disk. */
    private void comeBack() {
        LoggedMembers now = logged.latest();
        List<String> removed = group.everybody().stream()
                .filter(id -> now.isRemoved(id) && !now.target().containsKey(id))
                .toList();
        if (removed.isEmpty() || now.target().size() >= mostMembers) {
            reconcile();
            return;
        }
        Member again = member(dice.oneOf(removed), dice.permille(250));
        ask(
                "add " + again.id() + " again",
                members -> members.add(again),
                later -> later.members().containsKey(again.id()),
                done -> launch(again),
                failed -> {});
    }

    private void reconcile() {
        Map<String, Member> target = logged.latest().target();
        for (long leave = dice.below(3); leave > 0; leave--) {
            String id = dice.oneOf(List.copyOf(target.keySet()));
            Member before = target.remove(id);
            if (voters(target) < LEAST_VOTERS && before != null) {
                target.put(id, before);
            }
        }
        for (long come = dice.below(3); come > 0 && target.size() < mostMembers; come--) {
            Member next = born();
            target.put(next.id(), next);
            launch(next);
        }
        reconcile(target, members -> {});
    }

    private void reconcile(Map<String, Member> target, Consumer<List<Member>> done) {
        ask(
                "be " + target.keySet(),
                members -> members.reconcile(target.values()),
                now -> isAt(now, target),
                done,
                failed -> {});
    }

    private static boolean isAt(LoggedMembers now, Map<String, Member> target) {
        return now.confState().getVotersOutgoingCount() == 0
                && now.members().keySet().equals(target.keySet())
                && target.values().stream().allMatch(member -> isIn(now, member.id(), member.learner()));
    }

    private static long voters(Map<String, Member> members) {
        return members.values().stream().filter(member -> !member.learner()).count();
    }

    // ---------------------------------------------------------------------------------------------------- lost disks

    /** Only where nothing is under way, or may be: a group that is about to lose a voter cannot lose a disk as well. */
    private void loseDisk() {
        LoggedMembers now = logged.latest();
        List<String> voters = now.confState().getVotersList().stream()
                .filter(id -> now.dataId(id) != null && group.member(id).isMember())
                .filter(id -> group.isPastTheFirstEntry(id)) // else it votes for nobody who is further
                .toList();
        boolean some = voters.size() < now.confState().getVotersCount();
        if (some || open > 0 || uncertain || now.isUnderWay() || voters.size() < 3) {
            reconcile();
            return;
        }
        String id = dice.oneOf(voters);
        lost = id;
        ByteString disk = group.disk(id).dataId();
        group.lose(id);
        Member gone = member(id, false);
        if (dice.permille(300)) {
            group.join(gone, via(id)); // too early: until it is replaced the group must not take it for the one it had
        }
        group.time().after(millis(dice.below(3_000)), () -> replace(gone, disk));
    }

    private void startAnew(Member gone) {
        SimulatedMember<C, R> there = group.member(gone.id());
        if (there.isLost() || logged.latest().isGone(there.disk().dataId())) {
            group.join(gone, via(gone.id()));
        } else {
            group.restart(gone.id());
        }
    }

    /** Asks until it is told; its process is started only then. */
    private void replace(Member gone, ByteString disk) {
        boolean[] over = {false};
        Runnable again = () -> {
            if (!over[0]) {
                over[0] = true;
                replace(gone, disk);
            }
        };
        ask(
                "replace " + gone.id(),
                members -> members.replace(gone.id()),
                now -> !disk.equals(now.dataId(gone.id())),
                done -> {
                    if (!over[0]) {
                        over[0] = true;
                        lost = null;
                        startAnew(gone);
                    }
                },
                failed -> {
                    if (!logged.latest().target().containsKey(gone.id())) {
                        over[0] = true;
                        lost = null; // somebody had removed it before
                    } else {
                        group.time().after(millis(dice.between(300, 2_000)), again);
                    }
                });
        group.time().after(AGAIN_NANOS, again);
    }

    // ----------------------------------------------------------------------------------------------------- processes

    /** Machines of removed members are taken away, now and then before those have heard of it. */
    private void switchOff() {
        LoggedMembers now = logged.latest();
        for (String id : group.members()) {
            boolean gone = now.isRemoved(id) && !now.target().containsKey(id);
            if (gone && dice.permille(200)) {
                group.dismiss(id);
            }
        }
    }

    /** Who is to be a member runs, on a disk that the group takes; who asked in vain, or has ended, goes. */
    private void attend() {
        LoggedMembers now = logged.latest();
        Map<String, Member> wanted = new TreeMap<>(now.members());
        wanted.putAll(now.target());
        for (String id : group.members()) {
            SimulatedMember<C, R> member = group.member(id);
            if (!wanted.containsKey(id) && (!member.isRunning() || !member.isEstablished())) {
                group.dismiss(id);
            }
        }
        wanted.values().stream().filter(member -> !member.id().equals(lost)).forEach(member -> {
            boolean known = group.everybody().contains(member.id());
            boolean usable = known
                    && !group.member(member.id()).isLost()
                    && !now.isGone(group.disk(member.id()).dataId());
            if (usable) {
                group.welcome(member.id());
            } else {
                group.join(member, via(member.id()));
            }
        });
    }

    // ------------------------------------------------------------------------------------------------------- the end

    /** It asks for nothing new any more. */
    void rest() {
        resting = true;
    }

    /** All faults are over: everything that was asked for is carried out, and then one last target. */
    void finish() {
        if (!await(() -> !logged.latest().isUnderWay() && lost == null)) {
            violation("no progress: all faults are over, and the group has " + logged.latest() + ", and was told to be "
                    + logged.latest().target().keySet());
            return;
        }
        Map<String, Member> last = logged.latest().target();
        if (voters(last) > LEAST_VOTERS) {
            last.remove(dice.oneOf(List.copyOf(last.keySet())));
        }
        if (voters(last) == 0 || !reach(last)) {
            return;
        }
        boolean allGone = await(
                () -> group.members().stream().allMatch(id -> group.member(id).isMember() || !knowsAnybody(id)));
        if (!allGone) {
            violation("no progress: all faults are over, and somebody that was removed runs on: of " + group.members()
                    + " members are " + logged.latest().members().keySet());
        }
        group.members().stream().filter(id -> !group.member(id).isMember()).forEach(group::dismiss);
    }

    /** Whether there is anybody, among those that it takes for members, who could tell it that it is none. */
    private boolean knowsAnybody(String id) {
        Map<String, Member> members = logged.latest().members();
        return group.member(id).isRunning()
                && group.member(id).node().membership().members().stream()
                        .map(Member::id)
                        .anyMatch(members::containsKey);
    }

    private boolean reach(Map<String, Member> last) {
        boolean[] told = {false};
        boolean reached = await(() -> {
            if (!told[0] && open == 0) {
                reconcile(last, done -> told[0] = true);
            }
            return told[0] && isAt(logged.latest(), last);
        });
        if (!reached) {
            violation("no progress: all faults are over, and the group has " + logged.latest()
                    + ", and was asked again and again to be " + new TreeSet<>(last.keySet()));
        }
        return reached;
    }

    private boolean await(BooleanSupplier there) {
        long limit = group.time().now() + TARGET_NANOS;
        boolean reached = there.getAsBoolean();
        while (!reached && group.time().now() < limit && group.story().violation() == null) {
            mend();
            group.pass(LOOK_NANOS);
            reached = there.getAsBoolean();
        }
        return reached && group.story().violation() == null;
    }

    /** Everybody who is to be a member runs, and nobody else who has not been one. */
    void mend() {
        attend();
        group.mend();
    }

    // ---------------------------------------------------------------------------------------------------- its
    // questions

    private void ask(String what, Function<Membership, Mono<List<Member>>> call, Predicate<LoggedMembers> made) {
        ask(what, call, made, done -> {}, failed -> {});
    }

    private void ask(
            String what,
            Function<Membership, Mono<List<Member>>> call,
            Predicate<LoggedMembers> made,
            Consumer<List<Member>> done,
            Consumer<Throwable> failed) {
        List<String> running = group.running();
        if (running.isEmpty()) {
            failed.accept(new RaftException.Stopped("nobody runs", null));
            return;
        }
        SimulatedMember<C, R> asked = group.member(dice.oneOf(running));
        long since = logged.lastIndex();
        long number = ++questions;
        boolean[] answered = {false};
        open++;
        group.story().count(Happening.CHANGE_ASKED);
        group.story().tell(asked.id(), -60, number, () -> "is asked to " + what + " (change " + number + ")");
        call.apply(asked.node().membership())
                .subscribe(
                        members -> {
                            answered(asked, number, answered, "done: " + members.size() + " members");
                            uncertain = false;
                            group.story().count(Happening.CHANGE_DONE);
                            if (!logged.heldSince(since, made)) {
                                violation(asked.id() + " says that it is done to " + what + ", and the log has "
                                        + logged.latest());
                            }
                            done.accept(members);
                        },
                        error -> {
                            answered(asked, number, answered, String.valueOf(error));
                            uncertain |= error instanceof RaftException.OutcomeUnknown;
                            group.story().count(Happening.CHANGE_NOT_DONE);
                            if (!(error instanceof RaftException)) {
                                violation("who asked " + asked.id() + " to " + what + " is told what is no answer: "
                                        + error);
                            }
                            failed.accept(error);
                        });
        asked.patience(answerNanos).await(() -> answered[0], () -> {
            violation(asked.id() + " has not answered for " + TimeUnit.NANOSECONDS.toSeconds(answerNanos)
                    + " s who asked it to " + what);
        });
        group.time().after(AGAIN_NANOS, () -> {
            if (!answered[0]) { // its process is gone
                answered[0] = true;
                open--;
                uncertain = true;
            }
        });
    }

    private void answered(SimulatedMember<C, R> asked, long number, boolean[] answered, String how) {
        group.story().tell(asked.id(), -61, number, () -> "answers change " + number + ": " + how);
        if (!answered[0]) {
            answered[0] = true;
            open--;
        }
    }

    private void violation(String what) {
        group.story().violation(what);
    }

    private static long millis(long count) {
        return TimeUnit.MILLISECONDS.toNanos(count);
    }
}
