package io.reactorraft;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.Member;
import io.reactorraft.proto.MemberList;
import io.reactorraft.proto.MemberRequest;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a request makes of the members that the group is to have, or why it is refused. Requests build on what was asked for
 * before, so that one which comes while another is under way changes the goal, and no caller's wish is lost.
 *
 * <p>Pure: it changes nothing.
 */
final class MemberTargets {

    /** Members of a group; majorities of more are slow, and every one costs its leader. */
    static final int MAX_MEMBERS = 64;

    /** Disks that were removed before they were a member's, and are remembered: for each to ask once more. */
    static final int MAX_WITHDRAWN = 64;

    private final Roster roster;
    private final Map<String, Member> wanted = new LinkedHashMap<>();
    private final Set<ByteString> replaced = new LinkedHashSet<>();
    private final Set<String> atOnce = new LinkedHashSet<>();
    private final Set<ByteString> withdrawn = new LinkedHashSet<>();

    private MemberTargets(Roster roster) {
        this.roster = roster;
        MemberList target = roster.target();
        if (target != null) {
            target.getReplacedList().stream()
                    .filter(dataId -> roster.all().stream()
                            .anyMatch(member -> member.getDataId().equals(dataId)))
                    .forEach(replaced::add);
            atOnce.addAll(target.getAtOnceList());
            withdrawn.addAll(target.getWithdrawnList());
        }
        List<Member> before =
                target != null && roster.isUnderWay() ? target.getMembersList() : List.copyOf(roster.all());
        before.forEach(member -> wanted.put(member.getId(), withDisk(member)));
    }

    /** With the disk that it is known by, unless it is to come back with another one. */
    private Member withDisk(Member member) {
        Member known = roster.members().get(member.getId());
        return known == null || isReplaced(known)
                ? member
                : member.toBuilder().setDataId(known.getDataId()).build();
    }

    private boolean isReplaced(Member known) {
        return replaced.contains(known.getDataId());
    }

    /**
     * The members that the group is to have then.
     *
     * @param reachable whether a member that is there now can be reached
     * @throws RaftException.Rejected where it is refused
     */
    static MemberList after(Roster roster, MemberRequest request, Predicate<String> reachable) {
        String objection = objectionTo(request);
        if (objection != null) {
            throw refused(objection);
        }
        MemberTargets targets = new MemberTargets(roster);
        Set<ByteString> letIn = targets.letIn();
        targets.take(request);
        targets.withdraw(letIn);
        targets.checkWhole();
        targets.checkQuorum(reachable, !takesAVote(request));
        MemberList before = roster.target();
        MemberList same = MemberList.newBuilder()
                .addAllMembers(targets.wanted.values())
                .addAllReplaced(targets.replaced)
                .addAllAtOnce(
                        targets.atOnce.stream().filter(targets::losesItsVote).toList())
                .addAllWithdrawn(targets.withdrawn)
                .setNumber(before == null ? 0 : before.getNumber())
                .build();
        return same.equals(before)
                ? same
                : same.toBuilder().setNumber(same.getNumber() + 1).build();
    }

    /** Disks that are to be members', and have never been. */
    private Set<ByteString> letIn() {
        return wanted.values().stream()
                .map(Member::getDataId)
                .filter(dataId -> !dataId.isEmpty() && !roster.dataIds().contains(dataId))
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** Whoever had asked with a disk that is not wanted any more may ask once more, and does not know that it was removed. */
    private void withdraw(Set<ByteString> before) {
        before.removeAll(letIn());
        withdrawn.addAll(before);
        while (withdrawn.size() > MAX_WITHDRAWN) {
            withdrawn.remove(withdrawn.iterator().next());
        }
    }

    /** Whether somebody loses a vote by the request itself; else nobody does before all that are new are there. */
    private static boolean takesAVote(MemberRequest request) {
        return switch (request.getKind()) {
            case REMOVE, REPLACE -> true;
            case ADD -> request.getMembers(0).getLearner();
            default -> false;
        };
    }

    /**
     * What is wrong with a request as such. To be asked of each that comes from elsewhere: what is once in the log is read
     * by every member, again and again.
     */
    static @Nullable String objectionTo(MemberRequest request) {
        boolean many = request.getKind() == MemberRequest.Kind.RECONCILE;
        if (!many && request.getMembersCount() != 1) {
            return "the request names " + request.getMembersCount() + " members";
        }
        boolean withAddress =
                many || request.getKind() == MemberRequest.Kind.ADD || request.getKind() == MemberRequest.Kind.JOIN;
        for (Member each : request.getMembersList()) {
            if (withAddress && each.getAddressesCount() == 0) {
                return "'" + each.getId() + "' comes without an address";
            }
            try {
                for (String address : each.getAddressesList()) {
                    Objects.requireNonNull(io.reactorraft.Member.voter(each.getId(), address));
                }
                if (each.getAddressesCount() == 0) {
                    io.reactorraft.Member.checkId(each.getId());
                }
            } catch (IllegalArgumentException malformed) {
                return malformed.getMessage();
            }
        }
        return null;
    }

    private void take(MemberRequest request) {
        if (request.getKind() == MemberRequest.Kind.RECONCILE) {
            reconcile(request.getMembersList());
            return;
        }
        Member asked = request.getMembers(0);
        String id = asked.getId();
        switch (request.getKind()) {
            case ADD -> put(asked);
            case REMOVE -> remove(asked, request.getAgain());
            case PROMOTE ->
                wanted.put(id, known(id).toBuilder().setLearner(false).build());
            case REPLACE -> replace(asked);
            case JOIN -> join(asked);
            default -> throw refused("this version does not know the request " + request.getKindValue());
        }
    }

    private void put(Member asked) {
        Member before = wanted.get(asked.getId());
        ByteString dataId = before == null ? ByteString.EMPTY : before.getDataId();
        Member known = roster.members().get(asked.getId());
        if (known != null && replaced.remove(known.getDataId())) {
            dataId = known.getDataId(); // it stays after all
        }
        if (asked.getLearner()) {
            atOnce.add(asked.getId());
        }
        wanted.put(asked.getId(), plain(asked).setDataId(dataId).build());
    }

    private void reconcile(List<Member> members) {
        Map<String, Member> before = Map.copyOf(wanted);
        wanted.clear();
        atOnce.clear();
        for (Member each : members) {
            Member there = roster.members().get(each.getId());
            Member known = there != null && replaced.remove(there.getDataId()) ? there : before.get(each.getId());
            ByteString dataId = known == null ? ByteString.EMPTY : known.getDataId();
            if (wanted.put(each.getId(), plain(each).setDataId(dataId).build()) != null) {
                throw refused("'" + each.getId() + "' is named twice");
            }
        }
    }

    /** Asked again, it is done where that disk is gone: one that has come since stays. */
    private void remove(Member asked, boolean again) {
        boolean gone = isGone(asked);
        if (gone && !again && roster.members().containsKey(asked.getId())) {
            throw refused("'" + asked.getId()
                    + "' has come back with another disk than the one that is to go: look at it again (member list), and"
                    + " remove it if it is to go all the same");
        }
        if (!gone || !again) {
            wanted.remove(asked.getId());
            atOnce.add(asked.getId());
        }
    }

    /** Whether the disk that is to go, if one is named, is no member's any more. */
    private boolean isGone(Member asked) {
        if (asked.getDataId().isEmpty()) {
            return false;
        }
        if (!roster.dataIds().contains(asked.getDataId())) {
            throw refused("the group has never known '" + asked.getId() + "' by the data directory that is to go");
        }
        Member there = roster.members().get(asked.getId());
        return there == null || !there.getDataId().equals(asked.getDataId());
    }

    /**
     * Whether other members were asked for since this request may have been carried out, and not what it asks for: then
     * asking again would take that back. A removal and a replacement name the disk that is to go instead. A request of an
     * earlier version may not say on which target it was asked: it is carried out.
     */
    static boolean isOvertaken(Roster roster, MemberRequest request) {
        boolean said = request.hasTargetBefore() || request.getKind() == MemberRequest.Kind.RECONCILE;
        MemberList target = roster.target();
        MemberList now = target == null ? MemberList.getDefaultInstance() : target;
        return request.getAgain() && said && !now.equals(request.getTargetBefore()) && !isWanted(roster, request);
    }

    /** Whether the members that were asked for last are, as far as the request goes, those that it asks for. */
    static boolean isWanted(Roster roster, MemberRequest request) {
        return switch (request.getKind()) {
            case ADD, PROMOTE, RECONCILE -> {
                MemberList target = roster.target();
                yield target != null && isWanted(roster, target, request);
            }
            default -> true;
        };
    }

    private static boolean isWanted(Roster roster, MemberList target, MemberRequest request) {
        Set<String> asked = request.getMembersList().stream().map(Member::getId).collect(Collectors.toSet());
        List<Member> as = target.getMembersList().stream()
                .filter(member -> asked.contains(member.getId()))
                .toList();
        if (request.getKind() == MemberRequest.Kind.PROMOTE) {
            return !as.isEmpty() && as.stream().noneMatch(Member::getLearner);
        }
        boolean isAnyReplaced = roster.all().stream()
                .anyMatch(member -> asked.contains(member.getId()) && Roster.isReplaced(member, target));
        if (isAnyReplaced) {
            return false; // what is asked for would keep its disk
        }
        return sameAs(
                request.getKind() == MemberRequest.Kind.RECONCILE ? target.getMembersList() : as,
                request.getMembersList());
    }

    private static boolean sameAs(List<Member> some, List<Member> others) {
        return some.stream()
                .map(each -> plain(each).build())
                .collect(Collectors.toSet())
                .equals(others.stream().map(each -> plain(each).build()).collect(Collectors.toSet()));
    }

    /**
     * The member comes back with an empty disk, perhaps elsewhere, and without a vote until it has caught up. Where the disk
     * that was to go is gone already, whoever asks asks again, and the new one stays.
     */
    private void replace(Member asked) {
        Member before = known(asked.getId());
        if (isGone(asked)) {
            return;
        }
        if (!before.getDataId().isEmpty()) {
            replaced.add(before.getDataId());
        }
        Member.Builder next = before.toBuilder().clearDataId();
        if (asked.getAddressesCount() > 0) {
            next.clearAddresses().addAllAddresses(asked.getAddressesList());
        }
        wanted.put(asked.getId(), next.build());
    }

    private void join(Member asked) {
        String id = asked.getId();
        Member before = wanted.get(id);
        if (before == null
                && (roster.removed().containsKey(id)
                        || roster.dataIds().contains(asked.getDataId())
                        || withdrawn.contains(asked.getDataId()))) {
            throw idUsed("'" + id + "' was removed: add it again first (member add), with an empty directory");
        }
        if (before != null && !before.getDataId().equals(asked.getDataId())) {
            boolean expected = before.getDataId().isEmpty() && !roster.dataIds().contains(asked.getDataId());
            if (!expected) {
                throw idUsed("'" + id + "' is a member with another disk: take another id, or have it replaced first"
                        + " (member replace " + id + ")");
            }
        }
        boolean learner = before == null ? asked.getLearner() : before.getLearner();
        wanted.put(
                id,
                plain(asked).setLearner(learner).setDataId(asked.getDataId()).build());
    }

    private Member known(String id) {
        Member known = wanted.get(id);
        if (known == null) {
            throw RaftException.Rejected.membership(
                    MembershipRefusal.NOT_A_MEMBER,
                    "there is no member '" + id + "'; members: " + String.join(", ", new TreeSet<>(wanted.keySet())));
        }
        return known;
    }

    private static Member.Builder plain(Member asked) {
        return Member.newBuilder()
                .setId(asked.getId())
                .addAllAddresses(asked.getAddressesList())
                .setLearner(asked.getLearner());
    }

    private void checkWhole() {
        if (voters() == 0) {
            throw refused("no voter would be left");
        }
        if (wanted.size() > MAX_MEMBERS) {
            throw refused("a group has at most " + MAX_MEMBERS + " members");
        }
        Map<String, String> addresses = new LinkedHashMap<>();
        wanted.forEach((id, member) -> {
            String other = addresses.put(member.getAddresses(0), id);
            if (other != null) {
                throw refused("'" + id + "' and '" + other + "' would share the address " + member.getAddresses(0));
            }
        });
    }

    private long voters() {
        return wanted.values().stream().filter(member -> !member.getLearner()).count();
    }

    /**
     * Of the voters that would be left a majority must be there. Those that are new are waited for, so they count; a change
     * that leaves all voters as they are puts nothing at risk.
     *
     * @param waits whether those that are new come before others go; else only those count that are heard from
     */
    private void checkQuorum(Predicate<String> reachable, boolean waits) {
        List<Member> left = wanted.values().stream()
                .filter(member -> !member.getLearner())
                .filter(member -> isVoter(roster.members().get(member.getId())))
                .toList();
        long now = roster.all().stream().filter(member -> !member.getLearner()).count();
        if (left.size() == now) {
            return;
        }
        long back = wanted.values().stream()
                .filter(member -> !member.getLearner())
                .map(member -> roster.members().get(member.getId()))
                .filter(known -> known != null && !known.getLearner() && isReplaced(known))
                .count(); // first it goes, and only then it comes back
        long fresh = wanted.values().stream()
                .filter(member -> !member.getLearner())
                .filter(member -> !isKnownVoter(roster.members().get(member.getId())))
                .filter(member -> waits || reachable.test(member.getId()))
                .count();
        List<String> there =
                left.stream().map(Member::getId).filter(reachable).sorted().toList();
        long needed = (waits ? voters() - back : left.size() + fresh) / 2 + 1;
        if (there.size() + fresh < needed) {
            throw RaftException.Rejected.membership(
                    MembershipRefusal.QUORUM_AT_RISK,
                    "of the voters that would be left (" + ids(left) + ") " + needed + " are needed, and "
                            + there.size() + " can be reached"
                            + (there.isEmpty() ? "" : ": " + String.join(", ", there)));
        }
    }

    private boolean losesItsVote(String id) {
        Member known = roster.members().get(id);
        Member as = wanted.get(id);
        return known != null && !known.getLearner() && (as == null || as.getLearner());
    }

    private boolean isVoter(@Nullable Member known) {
        return isKnownVoter(known) && !isReplaced(Objects.requireNonNull(known));
    }

    private static boolean isKnownVoter(@Nullable Member known) {
        return known != null && !known.getLearner();
    }

    private static String ids(List<Member> members) {
        return members.stream().map(Member::getId).sorted().collect(Collectors.joining(", "));
    }

    private static RaftException.Rejected refused(String why) {
        return RaftException.Rejected.membership(MembershipRefusal.REFUSED, why);
    }

    private static RaftException.Rejected idUsed(String why) {
        return RaftException.Rejected.membership(MembershipRefusal.ID_USED, why);
    }
}
