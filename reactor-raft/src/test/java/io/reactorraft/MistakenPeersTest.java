package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.proto.HelloReply.Verdict;
import io.reactorraft.spi.Transport.Refusal;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A leader whom a member takes for one with an emptied disk")
class MistakenPeersTest {
    private static final int ELECTION_TICKS = 10;
    private static final int LONG = 10 * ELECTION_TICKS;

    private final MistakenPeers mistaken = new MistakenPeers(ELECTION_TICKS);

    @Test
    void handsOverOnceForEachAfterAWhile() {
        mistaken.refused("n2", new Refusal(Verdict.WIPED, "another disk"));

        assertThat(handOvers(false, Set.of("n2"))).as("while it follows").isZero();
        assertThat(handOvers(true, Set.of("n2"))).isOne();
        mistaken.refused("n2", new Refusal(Verdict.WIPED, "another disk"));
        assertThat(handOvers(true, Set.of("n2"))).as("that did not help").isZero();
        mistaken.welcomed("n2");
        mistaken.refused("n2", new Refusal(Verdict.REMOVED, "removed"));
        assertThat(handOvers(true, Set.of("n2")))
                .as("of another mind meanwhile")
                .isOne();
    }

    @Test
    void doesNotMindOneThatIsNoMemberOrThatMakesItWelcomeOrRefusesForAnotherReason() {
        mistaken.refused("n2", new Refusal(Verdict.WIPED, "another group's disk"));
        assertThat(handOvers(true, Set.of("n3"))).isZero();

        mistaken.refused("n3", new Refusal(Verdict.WIPED, "another disk"));
        mistaken.welcomed("n3");
        mistaken.refused("n4", new Refusal(Verdict.WRONG_GENERATION, "of an earlier generation"));
        assertThat(handOvers(true, Set.of("n3", "n4"))).isZero();
    }

    private long handOvers(boolean leading, Set<String> members) {
        return IntStream.range(0, LONG)
                .filter(tick -> mistaken.tick(leading, () -> members))
                .count();
    }
}
