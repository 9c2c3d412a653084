package io.reactorraft.core;

import static io.reactorraft.core.Messages.entries;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.EntryType;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RaftLogTest {

    private static final EntrySize TEN_EACH = entry -> 10;

    private final MemoryLog disk = new MemoryLog();

    private RaftLog log(long applied, long commit, long maxApplyingBytes) {
        return new RaftLog(disk, new Applying(maxApplyingBytes, applied), commit, TEN_EACH);
    }

    /** On disk 1 to 3 of term 1, not yet stable 4 and 5 of term 2. */
    private RaftLog log(long commit) {
        disk.append(entries(1, 1, 1, 1));
        RaftLog log = log(0, 0, CoreConfig.NO_LIMIT);
        log.append(entries(4, 2, 2));
        log.commitTo(commit);
        return log;
    }

    private static List<Long> indexes(Iterable<Entry> entries) {
        return StreamSupport.stream(entries.spliterator(), false)
                .map(Entry::getIndex)
                .toList();
    }

    private static List<Entry> toApply(RaftLog log, boolean allowUnstable) {
        return Objects.requireNonNull(log.committedToApply(allowUnstable), "not in memory");
    }

    @Test
    void termsAreKnownAcrossBothParts() {
        RaftLog log = log(0);
        assertThat(LongStream.rangeClosed(0, 6).map(log::term).toArray())
                .containsExactly(0, 1, 1, 1, 2, 2, LogView.UNKNOWN_TERM);
        assertThat(log.lastTerm()).isEqualTo(2);
        assertThat(log.firstIndex()).isEqualTo(1);
        assertThat(log.lastIndex()).isEqualTo(5);
    }

    @Test
    void theTermBelowACompactedLogIsStillKnown() {
        disk.append(entries(1, 1, 1, 2, 2));
        disk.compact(3, ConfState.getDefaultInstance());
        RaftLog log = log(3, 3, 100);
        assertThat(log.term(2)).isEqualTo(LogView.UNKNOWN_TERM);
        assertThat(log.term(3)).isEqualTo(2);
        assertThat(log.firstIndex()).isEqualTo(4);
    }

    @Test
    void aPendingSnapshotHidesWhatTheDiskStillShows() {
        RaftLog log = log(0);
        log.restore(MemoryLog.snapshotAt(10, 7, ConfState.getDefaultInstance()));
        assertThat(log.commit()).isEqualTo(10);
        assertThat(log.firstIndex()).isEqualTo(11);
        assertThat(log.lastTerm()).isEqualTo(7);
        assertThat(log.term(3)).isEqualTo(LogView.UNKNOWN_TERM);
        assertThat(log.hasPendingSnapshot()).isTrue();
    }

    /** §5.4.1: first the term of the last entry, then the length. */
    @ParameterizedTest
    @CsvSource({"5, 2, true", "6, 2, true", "4, 2, false", "1, 3, true", "99, 1, false"})
    void theMoreUpToDateLogIsTheOneOfTheLaterTermThenTheLongerOne(long index, long term, boolean upToDate) {
        assertThat(log(0).isUpToDate(index, term)).isEqualTo(upToDate);
    }

    @Test
    void theFirstConflictIsTheFirstEntryThatIsOtherOrMissing() {
        RaftLog log = log(0);
        assertThat(log.firstConflict(List.of())).isZero();
        assertThat(log.firstConflict(entries(2, 1, 1, 2, 2))).isZero();
        assertThat(log.firstConflict(entries(2, 1, 1, 2, 2, 2))).isEqualTo(6);
        assertThat(log.firstConflict(entries(2, 1, 3, 3))).isEqualTo(3);
        assertThat(log.firstConflict(entries(6, 3))).isEqualTo(6);
    }

    @Test
    void whatIsCommittedIsNeverReplaced() {
        RaftLog log = log(4);
        assertThatThrownBy(() -> log.append(entries(4, 3)))
                .isInstanceOf(BrokenInvariantException.class)
                .hasMessageContaining("index 4")
                .hasMessageContaining("committed up to 4");
        log.append(entries(5, 3));
        assertThat(log.lastTerm()).isEqualTo(3);
    }

    @Test
    void theCommitIndexNeverGoesBackAndNeverBeyondTheLog() {
        RaftLog log = log(2);
        log.commitTo(1);
        assertThat(log.commit()).isEqualTo(2);
        log.commitTo(5);
        assertThat(log.commit()).isEqualTo(5);
        assertThatThrownBy(() -> log.commitTo(6)).isInstanceOf(BrokenInvariantException.class);
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "2, 2", "3, 3", "4, 4", "5, 5"})
    void aSliceCrossesFromTheDurablePartIntoTheOther(long from, long first) {
        assertThat(log(0).slice(from, 6, 1_000))
                .first()
                .extracting(Entry::getIndex)
                .isEqualTo(first);
        assertThat(log(0).slice(from, 6, 1_000)).hasSize((int) (6 - from));
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "9, 1", "30, 3", "39, 3", "40, 4", "49, 4", "50, 5"})
    void aSliceEndsWhereItsBytesEndOnEitherSide(long maxBytes, int size) {
        MemoryLog small = new MemoryLog();
        List<Entry> stored = entries(1, 1, 1, 1);
        small.append(stored);
        RaftLog log = new RaftLog(small, new Applying(100, 0), 0, EntrySize.SERIALIZED);
        long each = stored.get(0).getSerializedSize();
        log.append(entries(4, 2, 2));
        assertThat(log.slice(1, 6, maxBytes * each / 10)).hasSize(size);
    }

    /** What the durable part has used up is gone for the other one. */
    @Test
    void bothSidesOfASliceShareItsBytes() {
        MemoryLog small = new MemoryLog();
        List<Entry> stored = entries(1, 1);
        small.append(stored);
        RaftLog log = new RaftLog(small, new Applying(100, 0), 0, EntrySize.SERIALIZED);
        log.append(entries(2, 1, 1, 1));
        long each = stored.get(0).getSerializedSize();
        assertThat(log.slice(1, 5, 2 * each)).hasSize(2);
        assertThat(log.slice(1, 5, 3 * each)).hasSize(3);
    }

    @Test
    void aSliceThatIsNotInMemoryIsNotThereNow() {
        RaftLog log = log(0);
        disk.evictUpTo(2);
        assertThat(log.slice(2, 6, 1_000)).isNull();
        assertThat(log.slice(3, 6, 1_000)).hasSize(3);
    }

    /** The leader's and the follower's half of the search of §5.3, against a search index by index. */
    @Test
    void noHigherIndexCanMatchALogThatHasThisTermThere() {
        SplittableRandom random = new SplittableRandom(5);
        for (int round = 0; round < 300; round++) {
            MemoryLog someDisk = new MemoryLog();
            int length = random.nextInt(30);
            long[] terms = new long[length];
            long term = 1;
            for (int i = 0; i < length; i++) {
                term += random.nextInt(4) == 0 ? random.nextInt(3) : 0;
                terms[i] = term;
            }
            someDisk.append(entries(1, terms));
            if (length > 0 && random.nextBoolean()) {
                someDisk.compact(1 + random.nextInt(length), ConfState.getDefaultInstance());
            }
            RaftLog log = new RaftLog(
                    someDisk, new Applying(1, someDisk.firstIndex() - 1), someDisk.firstIndex() - 1, TEN_EACH);
            long index = random.nextInt(length + 3);
            long wanted = random.nextInt((int) term + 2);
            assertThat(log.lastIndexWithTermUpTo(index, wanted))
                    .as("round %s: index %s, term %s in %s", round, index, wanted, someDisk.all())
                    .isEqualTo(oneByOne(log, index, wanted));
        }
    }

    private static long oneByOne(RaftLog log, long from, long term) {
        long index = from;
        while (index > 0 && log.term(index) > term) {
            index--;
        }
        return index;
    }

    @Test
    void onlyDurableCommittedEntriesAreAppliedUnlessAllowed() {
        RaftLog log = log(5);
        assertThat(indexes(toApply(log, false))).containsExactly(1L, 2L, 3L);
        assertThat(indexes(toApply(log, true))).containsExactly(1L, 2L, 3L, 4L, 5L);
        log.handOut(toApply(log, false), false);
        assertThat(log.hasCommittedToApply(false)).isFalse();
        assertThat(log.hasCommittedToApply(true)).isTrue();
    }

    @Test
    void applyingPausesAtItsLimitAndGoesOnWhenReported() {
        disk.append(entries(1, 1, 1, 1, 1, 1));
        int each = disk.all().get(0).getSerializedSize();
        RaftLog log = new RaftLog(disk, new Applying(2L * each, 0), 5, EntrySize.SERIALIZED);
        log.handOut(toApply(log, true), true);
        assertThat(log.applying().handedOut()).isEqualTo(2);
        assertThat(log.hasCommittedToApply(true)).isFalse();
        log.applying().completed(2);
        assertThat(indexes(toApply(log, true))).containsExactly(3L, 4L);
    }

    @Test
    void nothingIsAppliedWhileASnapshotIsPending() {
        RaftLog log = log(3);
        log.restore(MemoryLog.snapshotAt(10, 7, ConfState.getDefaultInstance()));
        log.append(entries(11, 7));
        log.commitTo(11);
        assertThat(log.hasCommittedToApply(true)).isFalse();
    }

    @Test
    void aChangeBetweenAppliedAndCommittedIsFound() {
        disk.append(entries(1, 1, 1));
        disk.append(List.of(Entry.newBuilder()
                .setIndex(3)
                .setTerm(1)
                .setType(EntryType.ENTRY_CONF_CHANGE_V2)
                .build()));
        disk.append(entries(4, 1));
        assertThat(log(0, 2, 100).mayHaveUnappliedConfChange())
                .as("not committed")
                .isFalse();
        assertThat(log(0, 3, 100).mayHaveUnappliedConfChange()).isTrue();
        assertThat(log(2, 4, 100).mayHaveUnappliedConfChange()).isTrue();
        assertThat(log(3, 4, 100).mayHaveUnappliedConfChange()).as("applied").isFalse();
        disk.evictUpTo(4);
        assertThat(log(3, 4, 100).mayHaveUnappliedConfChange())
                .as("nobody can tell")
                .isTrue();
        assertThat(log(4, 4, 100).mayHaveUnappliedConfChange()).isFalse();
    }
}
