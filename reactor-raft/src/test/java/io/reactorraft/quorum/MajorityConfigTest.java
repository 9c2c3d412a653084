package io.reactorraft.quorum;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MajorityConfigTest {

    private static MajorityConfig voters(int count) {
        return MajorityConfig.of(
                IntStream.rangeClosed(1, count).mapToObj(i -> "n" + i).toList());
    }

    @Test
    void idsAreListedOnceShorterFirst() {
        assertThat(MajorityConfig.of(List.of("n10", "n2", "n1", "n2")).ids()).containsExactly("n1", "n2", "n10");
        assertThat(MajorityConfig.of(List.of("n2", "n1"))).isEqualTo(MajorityConfig.of(List.of("n1", "n2")));
        assertThat(MajorityConfig.of(List.of("n10", "n2"))).hasToString("(n2 n10)");
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "2, 2", "3, 2", "4, 3", "5, 3", "6, 4", "7, 4"})
    void moreThanHalfMustAcknowledge(int count, int majority) {
        MajorityConfig config = voters(count);
        for (int acknowledged = 0; acknowledged <= count; acknowledged++) {
            int upTo = acknowledged;
            long committed = config.committedIndex(id -> Integer.parseInt(id.substring(1)) <= upTo ? 7 : 0);
            assertThat(committed).as("%s of %s", acknowledged, count).isEqualTo(acknowledged >= majority ? 7 : 0);
        }
    }

    @Test
    void theCommittedIndexIsTheHighestThatAMajorityReaches() {
        SplittableRandom random = new SplittableRandom(1);
        for (int round = 0; round < 2_000; round++) {
            int count = 1 + random.nextInt(9);
            long[] indexes =
                    LongStream.range(0, count).map(i -> random.nextInt(12)).toArray();
            long committed = voters(count).committedIndex(id -> indexes[Integer.parseInt(id.substring(1)) - 1]);

            assertThat(holders(indexes, committed)).as(Arrays.toString(indexes)).isGreaterThan(count / 2);
            assertThat(holders(indexes, committed + 1))
                    .as(Arrays.toString(indexes))
                    .isLessThanOrEqualTo(count / 2);
        }
    }

    private static int holders(long[] indexes, long index) {
        return (int) Arrays.stream(indexes).filter(held -> held >= index).count();
    }

    @Test
    void nobodyCommitsEverythingAndWinsEverything() {
        assertThat(MajorityConfig.EMPTY.committedIndex(id -> 0)).isEqualTo(MajorityConfig.EVERYTHING);
        assertThat(MajorityConfig.EMPTY.voteResult(Map.of())).isEqualTo(VoteResult.WON);
        assertThat(MajorityConfig.of(List.of())).isSameAs(MajorityConfig.EMPTY);
    }

    @ParameterizedTest
    @CsvSource({
        "'',      PENDING",
        "y,       PENDING",
        "n,       PENDING",
        "yn,      PENDING",
        "yy,      WON",
        "nn,      LOST",
        "nny,     LOST",
        "nyy,     WON"
    })
    void ofThreeVotesTwoDecide(String votes, VoteResult result) {
        assertThat(voters(3).voteResult(heard(votes))).isEqualTo(result);
    }

    @ParameterizedTest
    @CsvSource({"yy, PENDING", "nn, LOST", "yyn, PENDING", "yyy, WON", "yynn, LOST"})
    void halfIsNoMajorityOfFour(String votes, VoteResult result) {
        assertThat(voters(4).voteResult(heard(votes))).isEqualTo(result);
    }

    private static Map<String, Boolean> heard(String votes) {
        Map<String, Boolean> heard = new HashMap<>();
        for (int i = 0; i < votes.length(); i++) {
            heard.put("n" + (i + 1), votes.charAt(i) == 'y');
        }
        // A learner, or a voter of former times: of no weight.
        heard.put("other", true);
        return heard;
    }
}
