package io.reactorraft;

import com.google.protobuf.ByteString;
import io.reactorraft.core.RaftRole;
import io.reactorraft.core.RawNode;
import io.reactorraft.core.Status;
import io.reactorraft.proto.ConfChangeV2;
import io.reactorraft.proto.Member;
import io.reactorraft.proto.MemberList;
import io.reactorraft.proto.MemberRequest;
import io.reactorraft.proto.Payload;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a leader takes requests to change the members, and has the group carry them out.
 *
 * <pre>
 *   request ─▶ {@link MemberTargets} ─▶ an entry: the target ─▶ {@link MembershipPlan}, at every tick ─▶ changes, one at a time
 *                  └─ refused                                        └─ until the members are the target
 * </pre>
 *
 * <p>The target is an entry of the log, so whoever leads next goes on. One request is made an entry at a time; each caller
 * is told once its own wish has come true, is refused, or its time is over.
 *
 * <p><b>Threads.</b> Loop only.
 */
final class MembershipOffice<R> {
    private static final Logger LOG = LoggerFactory.getLogger(MembershipOffice.class);

    /** Requests that wait; more are told to come back. */
    static final int MAX_WAITING = 64;

    /** A learner whose log is this close to the leader's has caught up. */
    static final long CAUGHT_UP_ENTRIES = 1_000;

    private final NodeSettings settings;
    private final PeerRequests.Entrance<R> entrance;
    private final MemberDirectory directory;
    private final ArrayDeque<Waiting> queue = new ArrayDeque<>();
    private final List<Waiting> waiting = new ArrayList<>();
    private final Map<String, Long> heardNanos = new HashMap<>();
    private final Set<String> triedHeirs = new HashSet<>();
    private @Nullable Long ledSinceNanos;
    private long handedOverNanos;
    private boolean proposing;
    private long targetIndex;
    private long changeIndex;
    private long changeTerm;

    /** Who asked, and what for; then what came of it. */
    private record Waiting(MemberRequest request, long deadlineNanos, Told told, Progress progress) {}

    /** Under way as the target of this number, until it has come true. */
    private record Progress(long number, Predicate<Roster> fulfilled) {
        static final Progress NONE = new Progress(0, roster -> false);
    }

    /** What becomes of a request: one of the two is called, once, on the loop. */
    interface Told {
        void done();

        void failed(RaftException why);
    }

    MembershipOffice(NodeSettings settings, PeerRequests.Entrance<R> entrance, MemberDirectory directory) {
        this.settings = settings;
        this.entrance = entrance;
        this.directory = directory;
    }

    /** Takes a request, where this node leads. */
    void request(RawNode core, MemberRequest request, long deadlineNanos, Told told) {
        if (core.role() != RaftRole.LEADER) {
            told.failed(new RaftException.NotLeader(settings.id() + " does not lead", directory.find(core.leaderId())));
        } else if (queue.size() + waiting.size() >= MAX_WAITING) {
            told.failed(new RaftException.Overloaded(
                    MAX_WAITING + " requests to change the members wait already",
                    settings.config().electionTimeout()));
        } else {
            queue.add(new Waiting(request, deadlineNanos, told, Progress.NONE));
        }
    }

    /** At every tick of this node's leadership. */
    void look(RawNode core, Roster roster, long nowNanos) {
        listen(core, nowNanos);
        tellWhoWaits(roster, nowNanos);
        if (proposing && targetIndex > 0 && core.appliedIndex() >= targetIndex) {
            proposing = false; // the roster has it only now, and the next target builds on that
            targetIndex = 0;
        }
        if (!knowsWhoIsThere(roster, nowNanos)) {
            return;
        }
        Waiting next;
        while (!proposing && (next = queue.poll()) != null) {
            begin(next, roster, nowNanos);
        }
        boolean changing = changeTerm == core.term() && core.appliedIndex() < changeIndex;
        if (!changing && !proposing) {
            goOn(core, roster, nowNanos);
        }
    }

    /** A new leader has heard from nobody at first, which does not mean that they are away. */
    private boolean knowsWhoIsThere(Roster roster, long nowNanos) {
        if (ledSinceNanos == null) {
            ledSinceNanos = nowNanos;
        }
        return nowNanos - ledSinceNanos >= settings.config().electionTimeout().toNanos()
                || roster.members().keySet().stream().noneMatch(id -> isLost(id, nowNanos));
    }

    /** Leadership is over: what was asked for may still come about, under the next leader. */
    void leadershipLost() {
        triedHeirs.clear();
        ledSinceNanos = null;
        if (queue.isEmpty() && waiting.isEmpty()) {
            return;
        }
        List<Waiting> never = List.copyOf(queue);
        List<Waiting> perhaps = List.copyOf(waiting);
        queue.clear();
        waiting.clear();
        never.forEach(
                each -> each.told.failed(new RaftException.NotLeader(settings.id() + " does not lead any more", null)));
        perhaps.forEach(each -> each.told.failed(new RaftException.OutcomeUnknown(
                settings.id() + " does not lead any more; the next leader goes on with the change: ask again")));
    }

    /** A member that was heard from within an election timeout can be reached. */
    private void listen(RawNode core, long nowNanos) {
        core.progress().forEach((id, progress) -> {
            if (progress.recentActive() || id.equals(settings.id())) {
                heardNanos.put(id, nowNanos);
            }
        });
        heardNanos.keySet().removeIf(id -> isLost(id, nowNanos));
    }

    private boolean isLost(String id, long nowNanos) {
        Long heard = heardNanos.get(id);
        return heard == null
                || nowNanos - heard > 2 * settings.config().electionTimeout().toNanos();
    }

    private void begin(Waiting asked, Roster roster, long nowNanos) {
        if (nowNanos - asked.deadlineNanos >= 0) { // nobody waits for it any more
            asked.told.failed(new RaftException.Overloaded(
                    "other changes of the members took all of the request's time",
                    settings.config().electionTimeout()));
            return;
        }
        if (MemberTargets.isOvertaken(roster, asked.request)) {
            asked.told.failed(overtaken());
            return;
        }
        MemberList target;
        try {
            target = MemberTargets.after(roster, asked.request, id -> !isLost(id, nowNanos));
        } catch (RaftException.Rejected refused) {
            asked.told.failed(refused);
            return;
        }
        Progress progress = new Progress(target.getNumber(), fulfilled(asked.request, roster, target));
        Waiting now = new Waiting(asked.request, asked.deadlineNanos, asked.told, progress);
        if (target.equals(roster.target()) || (!roster.isUnderWay() && roster.isAt(target))) {
            LOG.debug(
                    "{} is asked for what it knows as done: an entry tells whether it still leads",
                    settings.logPrefix());
        } else {
            LOG.info("{} takes the group to the members {}", settings.logPrefix(), ids(target));
        }
        proposing = true;
        Payload payload = Payload.newBuilder()
                .setKind(Payload.Kind.TARGET)
                .setBody(target.toByteString())
                .build();
        propose(payload, asked.deadlineNanos - nowNanos, failure -> {
            if (failure == null) {
                waiting.add(now);
            } else {
                now.told.failed(failure);
            }
        });
    }

    private void propose(Payload payload, long limitNanos, Answer answer) {
        entrance.proposeForwarded(List.of(payload), limitNanos, new PendingProposal.Outcome<>() {
            @Override
            public void applied(long term, long index, @Nullable R result) {
                entrance.onLoop(() -> {
                    targetIndex = index;
                    answer.is(null);
                });
            }

            @Override
            public void failed(RaftException failure) {
                ended(failure);
            }

            @Override
            public void withdrawn() {
                ended(new RaftException.NotLeader(settings.id() + " does not lead any more", null));
            }

            private void ended(RaftException failure) {
                entrance.onLoop(() -> {
                    proposing = false;
                    answer.is(failure);
                });
            }
        });
    }

    @FunctionalInterface
    private interface Answer {
        void is(@Nullable RaftException failure);
    }

    /** When the one who asks has what it asked for. Whoever is added may be a learner for a while. */
    private static Predicate<Roster> fulfilled(MemberRequest request, Roster before, MemberList target) {
        if (request.getKind() == MemberRequest.Kind.RECONCILE) {
            return now -> now.isAt(target);
        }
        String id = request.getMembers(0).getId();
        Member old = before.members().get(id);
        ByteString named = request.getMembers(0).getDataId();
        ByteString gone = old == null || !named.isEmpty() ? named : old.getDataId();
        return switch (request.getKind()) {
            case REMOVE ->
                now -> {
                    Member known = now.members().get(id);
                    return known == null
                            || (!named.isEmpty() && !known.getDataId().equals(named));
                };
            case REPLACE ->
                now -> {
                    Member known = now.members().get(id);
                    return known != null
                            && (gone.isEmpty() || !known.getDataId().equals(gone));
                };
            default -> {
                boolean votes = request.getKind() == MemberRequest.Kind.PROMOTE;
                boolean wasThere = old != null;
                Member wanted = target.getMembersList().stream()
                        .filter(each -> each.getId().equals(id))
                        .findFirst()
                        .orElseThrow();
                yield now -> {
                    Member known = now.members().get(id);
                    return known != null
                            && known.getAddressesList().equals(wanted.getAddressesList())
                            && ((!wasThere && !votes) || known.getLearner() == wanted.getLearner());
                };
            }
        };
    }

    private void tellWhoWaits(Roster roster, long nowNanos) {
        List<Waiting> over = new ArrayList<>();
        for (Waiting each : waiting) {
            if (each.progress.fulfilled.test(roster)) {
                each.told.done();
                over.add(each);
            } else if (isOvertaken(each, roster)) {
                each.told.failed(overtaken());
                over.add(each);
            } else if (nowNanos - each.deadlineNanos >= 0) {
                each.told.failed(new RaftException.OutcomeUnknown(
                        "the change goes on by itself, and is not done yet: ask again, or look at the members"
                                + whoIsWaitedFor(roster, nowNanos)));
                over.add(each);
            }
        }
        waiting.removeAll(over);
    }

    /** Whether others have asked for something else since, so that it does not come true. */
    private static boolean isOvertaken(Waiting each, Roster roster) {
        MemberList target = roster.target();
        return target != null
                && target.getNumber() > each.progress.number
                && !MemberTargets.isWanted(roster, each.request);
    }

    private static RaftException overtaken() {
        return RaftException.OutcomeUnknown.overtaken(
                "other members were asked for meanwhile: look at the members before you ask again");
    }

    private String whoIsWaitedFor(Roster roster, long nowNanos) {
        MemberList target = roster.target();
        List<String> away = target == null
                ? List.of()
                : target.getMembersList().stream()
                        .map(Member::getId)
                        .filter(id -> isLost(id, nowNanos))
                        .toList();
        return away.isEmpty() ? "" : "; nothing is heard of " + String.join(", ", away);
    }

    private void goOn(RawNode core, Roster roster, long nowNanos) {
        if (!triedHeirs.isEmpty() && nowNanos - handedOverNanos < pauseNanos()) {
            return; // while a transfer is under way nothing can be written, so there is time in between
        }
        Map<String, Status.PeerProgress> progress = core.progress();
        MembershipPlan.Step step = MembershipPlan.next(roster, new MembershipPlan.View() {
            @Override
            public String self() {
                return settings.id();
            }

            @Override
            public boolean reachable(String id) {
                Status.PeerProgress known = progress.get(id);
                boolean isFresh = known != null && known.match() <= Genesis.INDEX && !id.equals(settings.id());
                return !isLost(id, nowNanos) && !isFresh; // who has nothing yet elects nobody who has more
            }

            @Override
            public boolean isThere(String id) {
                return !isLost(id, nowNanos);
            }

            @Override
            public boolean mayLead(String id) {
                return !triedHeirs.contains(id);
            }

            @Override
            public boolean caughtUp(String id) {
                Status.PeerProgress known = progress.get(id);
                return known != null
                        && !isLost(id, nowNanos)
                        && known.state() == Status.ProgressState.REPLICATE
                        && known.match() + CAUGHT_UP_ENTRIES >= core.lastIndex();
            }
        });
        if (step == null) {
            return;
        }
        String heir = step.handOverTo();
        if (heir != null) {
            LOG.info("{} hands leadership to {}, because it is to lose its vote", settings.logPrefix(), heir);
            triedHeirs.add(heir);
            handedOverNanos = nowNanos;
            core.transferLeadership(heir);
            return;
        }
        triedHeirs.clear();
        ConfChangeV2 change = step.change();
        if (change != null && core.objectionTo(change) == null) {
            core.proposeConfChange(change);
            changeIndex = core.lastIndex();
            changeTerm = core.term();
        }
    }

    /** The core gives a transfer up after an election timeout; for at least another one writes are taken. */
    private long pauseNanos() {
        return 2 * settings.config().electionTimeout().toNanos();
    }

    private static String ids(MemberList members) {
        StringBuilder text = new StringBuilder();
        for (Member each : members.getMembersList()) {
            text.append(text.isEmpty() ? "" : ", ").append(each.getId());
        }
        return text.toString();
    }
}
