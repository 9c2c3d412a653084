package io.reactorraft.torture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.reactorraft.proto.Entry;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.torture.Operation.Batch;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the model lets pass, and what it does not: a blind one would find every store good. */
class ModelTest {
    private static final HardState UNCHANGED = HardState.getDefaultInstance();
    private static final HardState VOTED = state(3, "n2", 4);
    private static final SnapshotMetadata NO_MARK = SnapshotMetadata.getDefaultInstance();

    private final Model model = new Model();

    @Test
    void whatWasAcknowledgedMustBeThere() {
        acknowledge(append(1, UNCHANGED, 1, 5, 2));

        assertThat(model.copy().judge(found(UNCHANGED, entries(1, 4, 2)))).contains("last entry is 4, not 5");
        assertThat(model.copy().judge(List.of())).contains("not there");
        assertThat(model.copy().judge(found(UNCHANGED, entries(1, 5, 2)))).isNull();
    }

    @Test
    void anEntryThatIsAnotherIsSeen() {
        acknowledge(append(1, UNCHANGED, 1, 3, 2));
        List<Entry> other = List.of(Content.entry(1, 2, 0, 20), Content.entry(2, 2, 9, 20), Content.entry(3, 2, 0, 20));

        assertThat(model.judge(found(UNCHANGED, other))).contains("entry 2 is another");
    }

    @Test
    void aVoteThatWasAcknowledgedMustBeThere() {
        acknowledge(append(1, VOTED, 1, 5, 3));

        assertThat(model.copy().judge(found(state(3, "n3", 4), entries(1, 5, 3))))
                .contains("vote");
        assertThat(model.copy().judge(found(state(2, "n2", 4), entries(1, 5, 3))))
                .contains("term");
        assertThat(model.copy().judge(found(state(3, "n2", 3), entries(1, 5, 3))))
                .contains("commit is 3");
        assertThat(model.copy().judge(found(VOTED, entries(1, 5, 3)))).isNull();
    }

    @Test
    void aCommitIndexAloneMayBeLost() {
        acknowledge(append(1, VOTED, 1, 9, 3));
        acknowledge(Operation.append(2, "a", state(3, "n2", 8), Batch.NONE));

        assertThat(model.copy().judge(found(state(3, "n2", 4), entries(1, 9, 3))))
                .isNull();
        assertThat(model.copy().judge(found(state(3, "n2", 9), entries(1, 9, 3))))
                .contains("commit is 9");
    }

    @Test
    void ofACallThatWasTurnedAwayNothingIsThereAndTheNextMayBeAcknowledged() {
        acknowledge(append(1, UNCHANGED, 1, 5, 2));
        model.begun(append(2, UNCHANGED, 6, 4, 2));
        model.begun(Operation.append(3, "a", VOTED, Batch.NONE));

        model.turnedAway(2);
        model.done(3);

        assertThat(model.copy().judge(found(VOTED, entries(1, 5, 2)))).isNull();
        assertThat(model.copy().judge(found(VOTED, entries(1, 9, 2)))).isNotNull();
    }

    @Test
    void ofACallThatWasOutAnyPrefixOfRecordsMayBeThere() {
        acknowledge(append(1, UNCHANGED, 1, 5, 2));
        model.begun(append(2, VOTED, 3, 4, 3));
        List<Entry> cut = entries(1, 2, 2);
        List<Entry> whole =
                Stream.concat(cut.stream(), entries(3, 6, 3).stream()).toList();

        assertThat(model.copy().judge(found(UNCHANGED, entries(1, 5, 2)))).isNull();
        assertThat(model.copy().judge(found(VOTED, entries(1, 5, 2)))).isNull();
        assertThat(model.copy().judge(found(VOTED, cut))).isNull();
        assertThat(model.copy().judge(found(VOTED, whole.subList(0, 4)))).isNull();
        assertThat(model.copy().judge(found(VOTED, whole))).isNull();
        assertThat(model.copy().judge(found(UNCHANGED, cut)))
                .as("the vote is written before")
                .isNotNull();
    }

    @Test
    void whatComesLaterIsNotThereWithoutWhatComesBefore() {
        model.begun(append(1, UNCHANGED, 1, 2, 1));
        model.begun(Operation.append(2, "a", VOTED, Batch.NONE));

        assertThat(model.copy().judge(found(VOTED, entries(1, 1, 1)))).isNotNull();
        assertThat(model.copy().judge(found(VOTED, entries(1, 2, 1)))).isNull();
    }

    @Test
    void compactionTakesNoMoreThanItWasAllowed() {
        acknowledge(append(1, UNCHANGED, 1, 9, 1));
        acknowledge(mark(2, 6, 1));
        acknowledge(Operation.compact(3, "a", 4));

        assertThat(model.copy().judge(List.of(new Found("a", UNCHANGED, marked(6), 5, prints(entries(5, 9, 1)), 6))))
                .isNull();
        assertThat(model.copy().judge(List.of(new Found("a", UNCHANGED, marked(6), 6, prints(entries(6, 9, 1)), 6))))
                .contains("all from 5 on are needed");
    }

    @Test
    void theMarkedSnapshotIsTheOneThatIsRestored() {
        acknowledge(append(1, UNCHANGED, 1, 9, 1));
        acknowledge(mark(2, 3, 1));
        acknowledge(mark(3, 6, 1));
        List<Found> older = List.of(new Found("a", UNCHANGED, marked(6), 1, prints(entries(1, 9, 1)), 3));

        assertThat(model.copy().judge(older)).contains("snapshot 3 was restored");
        Model injured = model.copy();
        injured.injured();
        assertThat(injured.judge(older)).isNull();
    }

    @Test
    void anAcknowledgementOutOfTurnIsSeen() {
        model.begun(append(1, UNCHANGED, 1, 2, 1));
        model.begun(append(2, UNCHANGED, 3, 2, 1));

        assertThatThrownBy(() -> model.done(2)).isInstanceOf(ViolationException.class);
    }

    @Test
    void whatIsToldIsUnderstood() {
        Operation operation = append(7, VOTED, 3, 4, 5);
        assertThat(Operation.parse(operation.line())).isEqualTo(operation);
        Operation mark = mark(8, 3, 5);
        assertThat(Operation.parse(mark.line())).isEqualTo(mark);
        Found found = new Found("a", VOTED, marked(6), 5, prints(entries(5, 9, 1)), 6);
        assertThat(Found.parse(found.line())).isEqualTo(found);
        Found empty = new Found("a", UNCHANGED, marked(0), 1, List.of(), 0);
        assertThat(Found.parse(empty.line())).isEqualTo(empty);
    }

    private void acknowledge(Operation operation) {
        model.begun(operation);
        model.done(operation.number());
    }

    private static Operation append(long number, HardState state, long first, int count, long term) {
        return Operation.append(number, "a", state, new Batch(first, count, term, 0, 20));
    }

    private static Operation mark(long number, long index, long term) {
        return Operation.mark(number, marked(index).toBuilder().setTerm(term).build());
    }

    private static SnapshotMetadata marked(long index) {
        return SnapshotMetadata.newBuilder()
                .setGroupId("a")
                .setIndex(index)
                .setTerm(index == 0 ? 0 : 1)
                .setSnapshotId(index == 0 ? "" : "id-" + index)
                .build();
    }

    private static HardState state(long term, String vote, long commit) {
        return HardState.newBuilder()
                .setTerm(term)
                .setVote(vote)
                .setCommit(commit)
                .build();
    }

    private static List<Entry> entries(long first, long last, long term) {
        return Operation.append(1, "a", UNCHANGED, new Batch(first, (int) (last - first + 1), term, 0, 20))
                .entries();
    }

    private static List<Long> prints(List<Entry> entries) {
        return entries.stream().map(Content::print).toList();
    }

    private static List<Found> found(HardState state, List<Entry> entries) {
        return List.of(new Found("a", state, NO_MARK, entries.get(0).getIndex(), prints(entries), 0));
    }
}
