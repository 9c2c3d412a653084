package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.proto.HelloReply.Verdict;
import io.reactorraft.spi.Transport.Refusal;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** When a node ends because of what its peers say: tick by tick, without a node. */
class RefusalsTest {
    private static final int TICKS = 10;
    private static final int LONELY = 3 * TICKS;
    private static final long COMMIT = 50;
    private static final Set<String> OTHERS = Set.of("n2", "n3", "n4", "n5");
    private static final Refusals.Own MEMBER = new Refusals.Own(false, true, COMMIT, OTHERS);
    private static final Refusals.Own STRANGER = new Refusals.Own(false, false, COMMIT, OTHERS);
    private static final Refusals.Own FRESH = new Refusals.Own(true, true, 1, OTHERS);

    private final Refusals refusals = new Refusals(TICKS);

    @Test
    void whoBelongsByItsOwnLogEndsOnlyWhereMostOfTheOtherVotersRefuseIt() {
        refusals.refused("n2", removed(COMMIT - 1));
        refusals.refused("n3", removed(COMMIT - 1));
        refusals.refused("n9", removed(COMMIT - 1)); // no voter
        assertThat(pass(10 * LONELY, MEMBER)).as("two of four").isZero();
        refusals.refused("n4", removed(COMMIT - 1));
        assertThat(pass(LONELY, MEMBER)).isZero();
        assertThat(pass(1, MEMBER)).isEqualTo(1);
    }

    @Test
    void oneWhoKnowsAtLeastAsMuchOfTheLogIsEnoughSinceNoDiskComesBack() {
        refusals.refused("n2", removed(COMMIT));
        assertThat(pass(LONELY, MEMBER)).isZero();
        assertThat(pass(1, MEMBER)).isEqualTo(1);
    }

    @Test
    void whoeverDoNotSayHowMuchTheyKnowAreNotEnoughHoweverManyTheyAre() {
        OTHERS.forEach(each -> refusals.refused(each, new Refusal(Verdict.WIPED, "by a list of before its time")));
        assertThat(pass(10 * LONELY, new Refusals.Own(false, true, 0, OTHERS))).isZero();
    }

    @Test
    void whoIsNoMemberByItsOwnLogOrHasNoneEndsWhereAnybodyRefusesIt() {
        refusals.refused("n2", removed(1));
        assertThat(pass(LONELY + 1, STRANGER)).isEqualTo(LONELY + 1);
        Refusals founder = new Refusals(TICKS);
        founder.refused("n2", new Refusal(Verdict.WRONG_GENERATION, "of an earlier one", COMMIT));
        assertThat(pass(founder, 10 * LONELY, MEMBER)).as("its log is its own").isZero();
        assertThat(pass(founder, 1, FRESH)).isEqualTo(1);
    }

    /** Who joins reads of the group before its own time, in which others had left that have come back since. */
    @Test
    void whoDoesNotSayHowMuchItKnowsEndsNobodyThatIsNoMemberYetEither() {
        refusals.refused("n2", removed(0));
        refusals.refused("n3", new Refusal(Verdict.WIPED, "it has another disk"));
        assertThat(pass(10 * LONELY, STRANGER)).isZero();
        refusals.refused("n4", removed(1));
        assertThat(pass(LONELY + 1, STRANGER)).isEqualTo(LONELY + 1);
    }

    @Test
    void aLaterRefusalDoesNotGiveAnEarlierOneMoreTime() {
        refusals.refused("n2", removed(COMMIT));
        pass(LONELY - 1, MEMBER);
        refusals.refused("n3", removed(1));
        refusals.refused("n2", removed(COMMIT)); // and said again it is the same one
        assertThat(pass(2, MEMBER)).isEqualTo(2);
    }

    @Test
    void aLeadersWordOutweighsEachOnceItIsOldEnough() {
        refusals.refused("n2", removed(COMMIT));
        for (int i = 0; i < LONELY; i++) {
            refusals.tick(true, MEMBER);
        }
        refusals.refused("n3", removed(COMMIT));
        refusals.tick(true, MEMBER);
        assertThat(refusals.outweighed()).containsOnlyKeys("n2");
        assertThat(refusals.any()).as("n3's is new").isTrue();
        assertThat(pass(LONELY + 1, MEMBER)).isEqualTo(LONELY + 1);
    }

    @Test
    void noVerdictYetKeepsAFounderFromElectionsForAWhileAndEndsNobody() {
        refusals.refused("n2", new Refusal(Verdict.NOT_YET, "still starting"));
        assertThat(pass(LONELY, FRESH)).isZero();
        assertThat(refusals.any()).isTrue();
        refusals.refused("n2", new Refusal(Verdict.NOT_YET, "still starting"));
        assertThat(pass(LONELY, FRESH)).isZero();
        assertThat(refusals.any()).as("it was said again").isTrue();
        assertThat(pass(1, FRESH)).isZero();
        assertThat(refusals.any()).as("it has gone without a verdict").isFalse();
        refusals.refused("n2", new Refusal(Verdict.NOT_YET, "still starting"));
        refusals.welcomed("n2");
        assertThat(refusals.any()).isFalse();
    }

    @Test
    void whoIsOfAnotherClusterHasNoSay() {
        refusals.refused("n2", new Refusal(Verdict.WRONG_CLUSTER, "of another one", COMMIT));
        assertThat(refusals.any()).isFalse();
    }

    private static Refusal removed(long knownIndex) {
        return new Refusal(Verdict.REMOVED, "it was removed", knownIndex);
    }

    private int pass(int ticks, Refusals.Own own) {
        return pass(refusals, ticks, own);
    }

    /** So many ticks without a leader; after which of them it is to end, 0: after none. */
    private static int pass(Refusals refusals, int ticks, Refusals.Own own) {
        for (int i = 1; i <= ticks; i++) {
            if (refusals.tick(false, own) != null) {
                return i;
            }
        }
        return 0;
    }
}
