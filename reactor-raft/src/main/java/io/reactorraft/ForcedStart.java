package io.reactorraft;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.reactorraft.core.LogView;
import io.reactorraft.proto.ConfChangeSingle;
import io.reactorraft.proto.ConfChangeType;
import io.reactorraft.proto.ConfChangeV2;
import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.EntryType;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.Member;
import io.reactorraft.proto.MembershipChange;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.LogStore;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The last resort: one survivor goes on alone. Its whole log counts as committed, because its commit index lags and what lies
 * behind that may have been acknowledged; and one entry more, of a new term, makes it the only member and raises the group's
 * generation. What the entry is to do happens when it is applied, here and on everybody who joins later.
 *
 * <p>Before the node takes part: on the thread of the log.
 */
final class ForcedStart {
    private static final Logger LOG = LoggerFactory.getLogger(ForcedStart.class);

    private static final long ONE_ENTRY = 1;

    /** Entries that are looked through at a time. */
    private static final long PIECE_BYTES = 1 << 20;

    private final NodeSettings settings;
    private final LogStore log;

    ForcedStart(NodeSettings settings, LogStore log) {
        this.settings = settings;
        this.log = log;
    }

    /** Does it where it is asked for, here and at this very index; answers the group's generation, as the log has it then. */
    Mono<Long> generation(Member self) {
        return finishBegun(self).then(Mono.defer(this::recorded)).flatMap(before -> {
            NodeSettings.Force force = settings.force();
            if (force == null) {
                return Mono.just(before);
            }
            long last = log.view(settings.groupId()).lastIndex();
            if (!force.nodeId().equals(settings.id()) || force.lastIndex() != last || last == 0) {
                LOG.warn(
                        "{} forces no new cluster: that is asked of {} at index {}, and this log ends at {}",
                        settings.logPrefix(),
                        force.nodeId(),
                        force.lastIndex(),
                        last);
                return Mono.just(before);
            }
            return known().flatMap(roster -> isAnotherDisk(roster, self)
                    ? Mono.just(before)
                    : force(self, last, before + 1, told(force, roster, last, before + 1))
                            .thenReturn(before + 1));
        });
    }

    /** A flag that was left where it is must not act again on the disk that took this one's place. */
    private boolean isAnotherDisk(Roster roster, Member self) {
        ByteString known = roster.members().getOrDefault(self.getId(), self).getDataId();
        boolean other = !known.isEmpty() && !known.equals(self.getDataId());
        if (other) {
            LOG.warn(
                    "{} forces no new cluster: its log knows it by another disk, so this flag is an old one",
                    settings.logPrefix());
        }
        return other;
    }

    /** Said once, where it is done; what the flag finds at later starts is in the log alone. */
    private Runnable told(NodeSettings.Force force, Roster before, long last, long generation) {
        Set<String> others = new TreeSet<>(before.members().keySet());
        others.remove(settings.id());
        long uncertain = Math.max(0, last - log.hardState(settings.groupId()).getCommit());
        String line = "forced a new cluster of " + settings.id() + " alone, generation " + generation
                + ": all entries up to " + last + " count, " + uncertain
                + " of them beyond the commit index that was known; left behind: "
                + (others.isEmpty() ? "nobody" : String.join(", ", others));
        return () -> force.report().accept(line);
    }

    /** The members as the log has them, up to its end. */
    private Mono<Roster> known() {
        String group = settings.groupId();
        LogView view = log.view(group);
        SnapshotMetadata mark = log.snapshotMark(group);
        boolean isEmpty = view.firstIndex() > view.lastIndex(); // behind a snapshot
        return Flux.fromIterable(isEmpty ? List.<Long>of() : List.of(view.firstIndex()))
                .flatMap(first -> log.read(group, first, view.lastIndex() + 1, PIECE_BYTES))
                .expand(entries -> {
                    long next = entries.get(entries.size() - 1).getIndex() + 1;
                    return next > view.lastIndex()
                            ? Mono.empty()
                            : log.read(group, next, view.lastIndex() + 1, PIECE_BYTES);
                })
                .concatMapIterable(entries -> entries)
                .filter(entry -> entry.getType() != EntryType.ENTRY_NORMAL)
                .reduce(Roster.of(mark.getConfState(), mark.getGroup()), Roster::after);
    }

    /**
     * The commit index may be lost behind the entry that made this node the only one. Nobody else ever had that entry
     * without it, so it and all before it count as they did.
     */
    private Mono<Void> finishBegun(Member self) {
        String group = settings.groupId();
        HardState before = log.hardState(group);
        return Flux.fromIterable(firstsOfTerms(log.view(group)))
                .filter(index -> index > before.getCommit())
                .concatMap(index -> log.read(group, index, index + 1, ONE_ENTRY))
                .filter(entries -> isOurs(entries.get(0), self))
                .map(entries -> entries.get(0).getIndex())
                .reduce(Math::max)
                .flatMap(forced -> {
                    LOG.warn("{} goes on with the forced new cluster at index {}", settings.logPrefix(), forced);
                    return log.append(
                            group, before.toBuilder().setCommit(forced).build(), List.of());
                });
    }

    private static boolean isOurs(Entry entry, Member self) {
        MembershipChange told = toldBy(entry);
        return told.getGeneration() > 0
                && told.getMembersCount() == 1
                && told.getMembers(0).getId().equals(self.getId())
                && told.getMembers(0).getDataId().equals(self.getDataId());
    }

    private Mono<Void> force(Member self, long last, long generation, Runnable report) {
        String group = settings.groupId();
        HardState before = log.hardState(group);
        long term = Math.max(before.getTerm(), log.view(group).term(last)) + 1;
        HardState begun =
                before.toBuilder().setTerm(term).setVote(settings.id()).build();
        HardState done = begun.toBuilder().setCommit(last + 1).build();
        // In this order: a commit index without the entry would commit what the group may have replaced.
        return log.append(group, begun, List.of(entry(self, last + 1, term, generation)))
                .then(Mono.defer(() -> log.append(group, done, List.of())))
                .then(Mono.fromRunnable(report));
    }

    static Entry entry(Member self, long index, long term, long generation) {
        MembershipChange told = MembershipChange.newBuilder()
                .addMembers(self.toBuilder().setLearner(false).clearTags())
                .setGeneration(generation)
                .build();
        return Entry.newBuilder()
                .setIndex(index)
                .setTerm(term)
                .setType(EntryType.ENTRY_CONF_CHANGE_V2)
                .setData(ConfChangeV2.newBuilder()
                        .addChanges(single(ConfChangeType.ADD_VOTER, self.getId()))
                        .setContext(told.toByteString())
                        .build()
                        .toByteString())
                .build();
    }

    /** From whatever the configuration is to that of one voter, each step a legal one. */
    static List<ConfChangeV2> steps(ConfState from, String sole) {
        List<ConfChangeV2> steps = new ArrayList<>();
        if (from.getVotersOutgoingCount() > 0) {
            steps.add(ConfChangeV2.getDefaultInstance()); // leaves the joint configuration
        }
        if (!from.getVotersList().contains(sole)) {
            steps.add(ConfChangeV2.newBuilder()
                    .addChanges(single(ConfChangeType.ADD_VOTER, sole))
                    .build());
        }
        Set<String> others = new LinkedHashSet<>(from.getVotersList());
        others.addAll(from.getLearnersList());
        others.addAll(from.getLearnersNextList());
        others.remove(sole);
        others.forEach(id -> steps.add(ConfChangeV2.newBuilder()
                .addChanges(single(ConfChangeType.REMOVE_NODE, id))
                .build()));
        return steps;
    }

    private static ConfChangeSingle single(ConfChangeType type, String id) {
        return ConfChangeSingle.newBuilder().setType(type).setNodeId(id).build();
    }

    /** As the log and its snapshot have it: only the first entry of a term can raise it, and terms are few. */
    private Mono<Long> recorded() {
        String group = settings.groupId();
        long ofSnapshot = log.snapshotMark(group).getGroup().getGeneration();
        return Flux.fromIterable(firstsOfTerms(log.view(group)))
                .concatMap(index -> log.read(group, index, index + 1, ONE_ENTRY))
                .map(entries -> generationIn(entries.get(0)))
                .reduce(ofSnapshot, Math::max);
    }

    private static long generationIn(Entry entry) {
        return toldBy(entry).getGeneration();
    }

    private static MembershipChange toldBy(Entry entry) {
        if (entry.getType() != EntryType.ENTRY_CONF_CHANGE_V2) {
            return MembershipChange.getDefaultInstance();
        }
        try {
            return MembershipChange.parseFrom(Roster.read(entry).getContext());
        } catch (InvalidProtocolBufferException garbled) {
            return MembershipChange.getDefaultInstance(); // as whoever applies it sees it
        }
    }

    /** Terms never decrease along the log, so that the end of each is found by halving. */
    static List<Long> firstsOfTerms(LogView view) {
        List<Long> firsts = new ArrayList<>();
        long at = view.firstIndex();
        while (at <= view.lastIndex()) {
            firsts.add(at);
            long term = view.term(at);
            long low = at;
            long high = view.lastIndex() + 1;
            while (high - low > 1) {
                long middle = low + (high - low) / 2;
                if (view.term(middle) == term) {
                    low = middle;
                } else {
                    high = middle;
                }
            }
            at = high;
        }
        return firsts;
    }
}
