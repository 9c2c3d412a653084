package io.reactorraft.testkit;

import static io.reactorraft.testkit.KeyValueAnswer.DONE;
import static io.reactorraft.testkit.KeyValueAnswer.NOTHING;
import static io.reactorraft.testkit.KeyValueAnswer.found;
import static io.reactorraft.testkit.KeyValueCall.append;
import static io.reactorraft.testkit.KeyValueCall.compareAndSet;
import static io.reactorraft.testkit.KeyValueCall.delete;
import static io.reactorraft.testkit.KeyValueCall.get;
import static io.reactorraft.testkit.KeyValueCall.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.reactorraft.testkit.Verdict.Outcome;
import java.util.List;
import org.junit.jupiter.api.Test;

class LinearizabilityCheckerTest {

    private final History<KeyValueCall, KeyValueAnswer> history = new History<>();

    @Test
    void anEmptyHistoryIsLinearizable() {
        assertThat(verdict().outcome()).isEqualTo(Outcome.LINEARIZABLE);
    }

    @Test
    void aReadSeesTheWriteBeforeIt() {
        history.invoke(1, put("k", "1")).returned(DONE);
        history.invoke(2, get("k")).returned(found("1"));

        assertThat(verdict().isLinearizable()).isTrue();
    }

    @Test
    void aReadThatMissesTheWriteBeforeItIsStale() {
        history.invoke(1, put("k", "1")).returned(DONE);
        history.invoke(1, put("k", "2")).returned(DONE);
        history.invoke(2, get("k")).returned(found("1"));

        assertThat(verdict().outcome()).isEqualTo(Outcome.NOT_LINEARIZABLE);
    }

    @Test
    void aReadBesideAWriteMaySeeEither() {
        for (String seen : List.of("old", "new")) {
            History<KeyValueCall, KeyValueAnswer> concurrent = new History<>();
            concurrent.invoke(1, put("k", "old")).returned(DONE);
            var write = concurrent.invoke(1, put("k", "new"));
            concurrent.invoke(2, get("k")).returned(found(seen));
            write.returned(DONE);

            assertThat(check(concurrent).isLinearizable()).as(seen).isTrue();
        }
    }

    @Test
    void onceANewValueWasSeenTheOldOneIsGone() {
        history.invoke(1, put("k", "old")).returned(DONE);
        var write = history.invoke(1, put("k", "new"));
        history.invoke(2, get("k")).returned(found("new"));
        history.invoke(3, get("k")).returned(found("old"));
        write.returned(DONE);

        assertThat(verdict().outcome()).isEqualTo(Outcome.NOT_LINEARIZABLE);
    }

    @Test
    void aWriteOfUnknownOutcomeMayShowLateOrNever() {
        history.invoke(1, put("k", "old")).returned(DONE);
        history.invoke(2, put("k", "perhaps"));
        history.invoke(1, get("k")).returned(found("old"));
        history.invoke(1, get("k")).returned(found("perhaps"));

        assertThat(verdict().isLinearizable()).isTrue();

        history.invoke(1, get("k")).returned(found("old"));
        assertThat(verdict().isLinearizable())
                .as("having shown, it does not vanish again")
                .isFalse();
    }

    @Test
    void aWriteOfUnknownOutcomeTakesEffectAtMostOnce() {
        history.invoke(2, append("k", "x"));
        history.invoke(1, get("k")).returned(found("xx"));

        assertThat(verdict().isLinearizable()).isFalse();

        History<KeyValueCall, KeyValueAnswer> twice = new History<>();
        twice.invoke(2, append("k", "x"));
        twice.invoke(3, append("k", "x"));
        twice.invoke(1, get("k")).returned(found("xx"));
        assertThat(check(twice).isLinearizable()).isTrue();
    }

    @Test
    void anUnknownWriteIsNotSeenBeforeItWasAsked() {
        history.invoke(1, get("k")).returned(found("1"));
        history.invoke(2, put("k", "1"));

        assertThat(verdict().isLinearizable()).isFalse();
    }

    @Test
    void aReadWithoutAnAnswerSaysNothing() {
        for (int client = 0; client < 100; client++) {
            history.invoke(client, get("k"));
        }
        history.invoke(1, get("k")).returned(NOTHING);

        assertThat(verdict().isLinearizable()).isTrue();
    }

    @Test
    void whatNeverHappenedIsForgotten() {
        history.invoke(1, put("k", "1")).returned(DONE);
        history.invoke(1, put("k", "2")).neverHappened();
        history.invoke(1, get("k")).returned(found("2"));

        assertThat(verdict().isLinearizable()).isFalse();
    }

    @Test
    void aRefusedConditionSaysWhatTheValueWasNot() {
        history.invoke(1, put("k", "1")).returned(DONE);
        history.invoke(1, compareAndSet("k", "1", "2")).returned(NOTHING);

        assertThat(verdict().isLinearizable()).isFalse();
    }

    @Test
    void onlyOneOfTwoCreatorsWins() {
        var one = history.invoke(1, compareAndSet("k", null, "1"));
        var two = history.invoke(2, compareAndSet("k", null, "2"));
        one.returned(DONE);
        two.returned(DONE);

        assertThat(verdict().isLinearizable()).isFalse();
    }

    @Test
    void keysAreIndependent() {
        history.invoke(1, put("a", "1")).returned(DONE);
        history.invoke(1, put("b", "2")).returned(DONE);
        history.invoke(1, delete("a")).returned(DONE);
        history.invoke(1, get("b")).returned(found("2"));

        assertThat(verdict().explanation()).isEqualTo("linearizable: 4 operations on 2 keys");
    }

    @Test
    void theExplanationNamesTheKeyAndTheSmallestPartThatFails() {
        history.invoke(1, put("other", "1")).returned(DONE);
        for (int i = 0; i < 50; i++) {
            history.invoke(1, put("k", "v" + i)).returned(DONE);
            history.invoke(2, get("k")).returned(found("v" + i));
        }
        history.invoke(2, get("k")).returned(found("v20"));
        history.invoke(1, put("k", "later")).returned(DONE);

        Verdict<KeyValueCall, KeyValueAnswer> verdict = verdict();

        assertThat(verdict.key()).isEqualTo("k");
        assertThat(verdict.counterexample())
                .as("a value that was seen, and then another, does not come back by itself")
                .hasSize(3);
        assertThat(verdict.explanation())
                .startsWith("not linearizable: key 'k': no order explains these 3 of 102 operations")
                .contains("get(k) -> 'v20', from 84 to 85", "get(k) -> 'v20', from 202 to 203")
                .doesNotContain("later");
    }

    @Test
    void aSearchThatTakesTooLongGivesUpAndSaysSo() {
        // Twelve appends at once, of which a read shows an order that none of them can have led to.
        for (int client = 0; client < 12; client++) {
            history.invoke(client, append("k", "<" + client + ">"));
        }
        history.invoke(99, get("k")).returned(found("impossible"));

        Verdict<KeyValueCall, KeyValueAnswer> verdict =
                new LinearizabilityChecker<>(KeyValueModel.startingEmpty(), 1_000).check(history.operations());

        assertThat(verdict.outcome()).isEqualTo(Outcome.UNDECIDED);
        assertThat(verdict.isLinearizable()).isFalse();
        assertThat(verdict.explanation())
                .isEqualTo("undecided: key 'k' needs more than 1000 configurations; "
                        + "record shorter histories, or fewer open operations on one key");
    }

    @Test
    void manyEqualOpenWritesCostNoMoreThanOne() {
        for (int client = 0; client < 200; client++) {
            history.invoke(client, put("k", "same"));
            history.invoke(1, put("k", "own" + client)).returned(DONE);
        }
        history.invoke(1, get("k")).returned(found("impossible"));

        Verdict<KeyValueCall, KeyValueAnswer> verdict =
                new LinearizabilityChecker<>(KeyValueModel.startingEmpty(), 100_000).check(history.operations());

        assertThat(verdict.outcome()).isEqualTo(Outcome.NOT_LINEARIZABLE);
    }

    @Test
    void aLimitMustBePositive() {
        assertThatThrownBy(() -> new LinearizabilityChecker<>(KeyValueModel.startingEmpty(), 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("maxConfigurations must be positive: 0");
    }

    private Verdict<KeyValueCall, KeyValueAnswer> verdict() {
        return check(history);
    }

    private static Verdict<KeyValueCall, KeyValueAnswer> check(History<KeyValueCall, KeyValueAnswer> history) {
        return new LinearizabilityChecker<>(KeyValueModel.startingEmpty()).check(history.operations());
    }
}
