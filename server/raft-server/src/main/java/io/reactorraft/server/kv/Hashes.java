package io.reactorraft.server.kv;

import io.reactorraft.server.kv.proto.HashReport;
import io.reactorraft.server.kv.proto.HashReports;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Finds replicas that went apart. An entry of the log has each note the hash of its state at that very index; each then
 * reports what it noted, by an entry too, so that all learn of all and agree on who differs.
 *
 * <p>What is noted is this replica's own; the reports are replicated, and bounded by {@value #MAX_REPORTS}.
 */
final class Hashes {

    private static final int DOMAIN = 6;

    /** More members than a group has; further reports are left out. */
    static final int MAX_REPORTS = 64;

    private HashReports reports = HashReports.getDefaultInstance();
    private long noted;
    private volatile @Nullable Divergence standing;

    /** Asked for by the entry at this index, where the state has this hash. */
    void requested(long index, long stateHash) {
        reports = HashReports.newBuilder().setIndex(index).build();
        noted = stateHash;
    }

    void reported(HashReport report) {
        boolean known = reports.getReportsList().stream()
                .anyMatch(each -> each.getMember().equals(report.getMember()));
        if (report.getIndex() == reports.getIndex() && !known && reports.getReportsCount() < MAX_REPORTS) {
            reports = reports.toBuilder().addReports(report).build();
            judge();
        }
    }

    /** What was found stands until those who differed are found equal, which a new copy of the state makes them. */
    private void judge() {
        Divergence found = compared();
        Divergence before = standing;
        if (found != null) {
            standing = found;
        } else if (before != null && reporters().containsAll(before.members())) {
            standing = null;
        }
    }

    private Set<String> reporters() {
        return reports.getReportsList().stream().map(HashReport::getMember).collect(Collectors.toSet());
    }

    void restore(HashReports restored) {
        reports = restored;
        noted = 0;
    }

    HashReports reports() {
        return reports;
    }

    /** The entry that last asked; 0: none did. */
    long index() {
        return reports.getIndex();
    }

    /** What this replica noted there; 0 where it came by a snapshot since. */
    long noted() {
        return noted;
    }

    long hash() {
        Digest digest = Digest.of(DOMAIN).add(reports.getIndex());
        for (HashReport report : reports.getReportsList()) {
            digest.add(report.getMemberBytes()).add(report.getHash());
        }
        return digest.value();
    }

    /** Who was found to differ; null: nobody. Any thread. */
    @Nullable
    Divergence divergence() {
        return standing;
    }

    private @Nullable Divergence compared() {
        Map<Long, Integer> members = new HashMap<>();
        for (HashReport report : reports.getReportsList()) {
            members.merge(report.getHash(), 1, Integer::sum);
        }
        if (members.size() < 2) {
            return null;
        }
        int most = members.values().stream().max(Integer::compare).orElseThrow();
        boolean decided = 2 * most > reports.getReportsCount();
        List<String> different = reports.getReportsList().stream()
                .filter(report -> !decided || members.getOrDefault(report.getHash(), 0) < most)
                .map(HashReport::getMember)
                .toList();
        return new Divergence(reports.getIndex(), different);
    }
}
