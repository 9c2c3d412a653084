package io.reactorraft.quorum;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JointConfigTest {

    private static final JointConfig JOINT = new JointConfig(
            MajorityConfig.of(List.of("n1", "n2", "n3")), MajorityConfig.of(List.of("n3", "n4", "n10")));

    @Test
    void itsVotersAreThoseOfEitherHalf() {
        assertThat(JOINT.ids()).containsExactly("n1", "n2", "n3", "n4", "n10");
        assertThat(JOINT.contains("n1")).isTrue();
        assertThat(JOINT.contains("n4")).isTrue();
        assertThat(JOINT.contains("n5")).isFalse();
        assertThat(JOINT.isJoint()).isTrue();
        assertThat(JOINT).hasToString("(n1 n2 n3)&&(n3 n4 n10)");
    }

    @Test
    void withoutASecondHalfTheFirstDecidesAlone() {
        JointConfig simple = new JointConfig(MajorityConfig.of(List.of("n1")), MajorityConfig.EMPTY);
        assertThat(simple.isJoint()).isFalse();
        assertThat(simple.committedIndex(id -> 5)).isEqualTo(5);
        assertThat(simple.voteResult(Map.of("n1", true))).isEqualTo(VoteResult.WON);
        assertThat(simple.ids()).containsExactly("n1");
        assertThat(simple).hasToString("(n1)");
    }

    /** §6: "separate majorities from both the old and new configurations". */
    @Test
    void bothMajoritiesMustHoldAnIndex() {
        Map<String, Long> indexes = Map.of("n1", 9L, "n2", 9L, "n3", 3L, "n4", 5L, "n10", 1L);
        assertThat(JOINT.incoming().committedIndex(indexes::get)).isEqualTo(9);
        assertThat(JOINT.outgoing().committedIndex(indexes::get)).isEqualTo(3);
        assertThat(JOINT.committedIndex(indexes::get)).isEqualTo(3);
    }

    @ParameterizedTest
    @CsvSource({
        "n1 n2,       '',        PENDING", // the new half alone
        "n4 n10,      '',        PENDING", // the old half alone
        "n1 n2 n4 n10, '',       WON",
        "n1 n3 n4,    '',        WON",
        "n1 n2,       n4 n10,    LOST",
        "'',          n1 n2,     LOST",
        "n3,          n1 n4,     PENDING"
    })
    void bothMajoritiesMustVoteForALeader(String granted, String refused, VoteResult result) {
        Map<String, Boolean> votes = new HashMap<>();
        List.of(granted.split(" ")).forEach(id -> votes.put(id, true));
        List.of(refused.split(" ")).forEach(id -> votes.put(id, false));
        assertThat(JOINT.voteResult(votes)).isEqualTo(result);
    }
}
