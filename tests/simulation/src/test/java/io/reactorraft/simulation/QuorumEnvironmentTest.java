package io.reactorraft.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class QuorumEnvironmentTest {

    @Test
    void aChartShowsHowManyAreBehindEachVoter() throws Exception {
        assertThat(run("committed cfg=(1,2,3) idx=(5,_,12)"))
                .containsExactly(
                        "       idx", "x>       5    (id=1)", "?        0    (id=2)", "xx>     12    (id=3)", "5");
    }

    @Test
    void votersOfBothMajoritiesAreNamedOnce() throws Exception {
        assertThat(run("committed cfg=(1,2) cfgj=(2,3) idx=(10,20,30)")).endsWith("10");
        assertThat(run("committed cfg=(1,2) cfgj=(2,3) idx=(10,20,30,40)"))
                .containsExactly("error: mismatched input (explicit or _) for voters [1 2 3]: [10, 20, 30, 40]");
    }

    @Test
    void theEmptyQuorumCommitsEverythingAndWins() throws Exception {
        assertThat(run("committed")).containsExactly("<empty majority quorum>∞");
        assertThat(run("vote")).containsExactly("VoteWon");
    }

    @Test
    void votesAreCounted() throws Exception {
        assertThat(run("vote cfg=(1,2,3) votes=(y,n,_)")).containsExactly("VotePending");
        assertThat(run("vote cfg=(1,2,3) votes=(y,n,y)")).containsExactly("VoteWon");
        assertThat(run("vote cfg=(1) cfgj=(2) votes=(y,n)")).containsExactly("VoteLost");
        assertThat(run("vote cfg=(1) cfgj=zero votes=(y)")).containsExactly("VoteWon");
    }

    @Test
    void nonsenseIsNamed() throws Exception {
        assertThat(run("vote cfg=(1) votes=(x)")).containsExactly("unknown vote: x");
        assertThat(run("committed cfg=(x)")).containsExactly("not a number: x");
        assertThat(run("elect")).containsExactly("unknown command: elect");
    }

    private static List<String> run(String directive) throws ScriptFormatException {
        Script script = Script.parse("f", directive + "\n----\n");
        return new QuorumEnvironment().run(script.directives().get(0));
    }
}
