package io.reactorraft.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What clients are told is held against what was applied. */
class OutcomesTest {
    private final Story story = new Story(new VirtualTime(), null);
    private final Outcomes outcomes = new Outcomes(story);
    private final AtomicInteger settled = new AtomicInteger();

    @Test
    void aTruthfulOutcomeViolatesNothingAndSettlesOnce() {
        Outcomes.Operation write = write();
        apply("n1", 0, 5, 1, "five");
        write.applied(2, 5, bytes("five"));
        Outcomes.Operation read = outcomes.begin("n2", settled::incrementAndGet);
        apply("n2", 0, 5, 1, "five");
        read.read(5);
        assertThat(story.violation()).isNull();
        assertThat(settled).hasValue(2);
        assertThat(outcomes.waiting()).isZero();
        assertThat(story.counts()).containsEntry(Happening.WRITE_ACKNOWLEDGED, 1L);
    }

    @Test
    void twoOutcomesOfOneProposal() {
        Outcomes.Operation write = write();
        write.unknown();
        write.unknown();
        assertThat(story.violation()).contains("told two outcomes");
    }

    @Test
    void anOutcomeAfterItsClientLeft() {
        Outcomes.Operation write = write();
        write.left();
        write.notApplied(false);
        assertThat(story.violation()).contains("told two outcomes");
    }

    @Test
    void aCommandThatWasTakenBackAndIsAppliedAllTheSame() {
        Outcomes.Operation write = write();
        write.notApplied(false);
        apply("n1", 0, 5, 1, "five");
        assertThat(story.violation()).contains("told that it never will be");
    }

    @Test
    void aCommandOfASessionThatIsAppliedOnceForEachTry() {
        long tag = outcomes.reserveTag();
        outcomes.encodesNext(tag);
        assertThat(outcomes.nextTag()).isEqualTo(tag);
        outcomes.encodesNext(tag);
        assertThat(outcomes.nextTag()).as("its second try").isEqualTo(tag);
        assertThat(outcomes.nextTag()).as("somebody else's command").isNotEqualTo(tag);
        apply("n1", 0, 5, tag, "five");
        apply("n1", 5, 6, tag, "six");
        assertThat(story.violation()).contains("applied twice, at index 5 and 6");
    }

    @Test
    void aStreamOfWhichAPrefixIsApplied() {
        stream(3);
        apply("n1", 0, 5, 1, "five");
        apply("n2", 0, 5, 1, "five");
        apply("n1", 5, 6, 2, "six");
        assertThat(story.violation()).isNull();
    }

    @Test
    void aStreamWithAHole() {
        stream(3);
        apply("n1", 0, 5, 1, "five");
        apply("n1", 5, 6, 3, "six");
        assertThat(story.violation()).contains("command 3 of a stream is applied, at index 6, and command 2 was not");
    }

    @Test
    void aStreamThatGoesOnBehindACommandThatWasRejected() {
        stream(2);
        outcomes.applied("n1", 0, new Outcomes.AppliedHere(5, 2, 1, bytes("no"), true));
        apply("n1", 5, 6, 2, "six");
        assertThat(story.violation()).contains("command 2 of a stream").contains("an earlier one was rejected");
    }

    private void stream(int commands) {
        CommandStream stream = outcomes.stream();
        for (int i = 0; i < commands; i++) {
            stream.add(outcomes.reserveTag());
        }
    }

    @Test
    void anAcknowledgedProposalThatIsNotThere() {
        write().applied(2, 5, bytes("five"));
        assertThat(story.violation()).contains("acknowledged at index 5").contains("nothing");
    }

    @Test
    void anAcknowledgementOfSomebodyElsesCommand() {
        Outcomes.Operation mine = write();
        write();
        apply("n1", 0, 5, 2, "five");
        mine.applied(2, 5, bytes("five"));
        assertThat(story.violation()).contains("another command");
    }

    @Test
    void aResultThatIsNotTheOne() {
        Outcomes.Operation write = write();
        apply("n1", 0, 5, 1, "five");
        write.applied(2, 5, bytes("six"));
        assertThat(story.violation()).contains("not the one the client was told");
    }

    @Test
    void aProposalThatWasRefusedAndIsAppliedLater() {
        write().notApplied(false);
        apply("n1", 0, 5, 1, "five");
        assertThat(story.violation()).contains("told that it never will be");
    }

    @Test
    void aProposalThatWasAppliedAndIsRefusedThen() {
        Outcomes.Operation write = write();
        apply("n1", 0, 5, 1, "five");
        write.notApplied(false);
        assertThat(story.violation()).contains("told that its proposal is not applied, and it is, at index 5");
    }

    @Test
    void aRejectionByTheStateMachineIsAnOutcomeOfTheLog() {
        Outcomes.Operation write = write();
        outcomes.applied("n1", 0, new Outcomes.AppliedHere(5, 2, 1, bytes("no"), true));
        write.notApplied(true);
        assertThat(story.violation()).isNull();
        assertThat(write.isApplied()).isTrue();
    }

    @Test
    void aProposalThatIsAppliedTwice() {
        write();
        apply("n1", 0, 5, 1, "five");
        apply("n1", 5, 6, 1, "six");
        assertThat(story.violation()).contains("applied twice, at index 5 and 6");
    }

    @Test
    void anUnknownOutcomeAllowsEither() {
        write().unknown();
        apply("n1", 0, 5, 1, "five");
        write().unknown();
        assertThat(story.violation()).isNull();
    }

    @Test
    void aReadThatIsOlderThanAnAcknowledgedWrite() {
        Outcomes.Operation write = write();
        apply("n1", 0, 5, 1, "five");
        write.applied(2, 5, bytes("five"));
        outcomes.begin("n2", () -> {}).read(4);
        assertThat(story.violation()).contains("a read on n2 was answered at index 4, but index 5 had been shown");
    }

    @Test
    void aReadThatIsOlderThanAnEarlierRead() {
        write();
        apply("n1", 0, 5, 1, "five");
        outcomes.begin("n1", () -> {}).read(5);
        outcomes.begin("n2", () -> {}).read(3);
        assertThat(story.violation()).contains("linearizability");
    }

    @Test
    void aReadThatOverlapsTheWriteMaySeeEither() {
        Outcomes.Operation read = outcomes.begin("n2", () -> {});
        Outcomes.Operation write = write();
        apply("n1", 0, 5, 1, "five");
        write.applied(2, 5, bytes("five"));
        read.read(4);
        assertThat(story.violation()).isNull();
    }

    @Test
    void aWriteThatTakesItsPlaceBeforeWhatWasShownWhenItWasMade() {
        write();
        apply("n1", 0, 7, 1, "seven");
        outcomes.begin("n1", () -> {}).read(7);
        Outcomes.Operation late = write();
        outcomes.applied("n2", 0, new Outcomes.AppliedHere(3, 2, 2, bytes("three"), false));
        late.applied(2, 3, bytes("three"));
        assertThat(story.violation()).isNotNull();
    }

    @Test
    void replicasThatDisagree() {
        write();
        apply("n1", 0, 5, 1, "five");
        apply("n2", 0, 5, 1, "fünf");
        assertThat(story.violation()).contains("not deterministic: at index 5 n2");
    }

    @Test
    void aReplicaThatSkipsACommand() {
        write();
        apply("n1", 0, 5, 1, "five");
        apply("n1", 5, 6, 2, "six");
        apply("n2", 0, 6, 2, "six");
        assertThat(story.violation()).contains("n2 applies index 6 and has skipped [5]");
    }

    @Test
    void whoWaitsAtACrashedNodeNeverHears() {
        write();
        outcomes.abandon("n2");
        assertThat(outcomes.waiting()).isEqualTo(1);
        outcomes.abandon("n1");
        assertThat(outcomes.waiting()).isZero();
        assertThat(story.counts()).containsEntry(Happening.OUTCOME_UNKNOWN, 1L);
    }

    private Outcomes.Operation write() {
        Outcomes.Operation operation = outcomes.begin("n1", settled::incrementAndGet);
        long tag = outcomes.nextTag();
        operation.tagged();
        assertThat(tag).isPositive();
        return operation;
    }

    private void apply(String id, long previous, long index, long tag, String result) {
        outcomes.applied(id, previous, new Outcomes.AppliedHere(index, 2, tag, bytes(result), false));
    }

    private static ByteString bytes(String text) {
        return ByteString.copyFromUtf8(text);
    }
}
