package io.reactorraft.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ScriptRunnerTest {

    private static final String LEADER_OF_ONE = """
            log-level none
            ----
            ok

            add-nodes 1 voters=(1) index=3
            ----
            ok

            campaign 1
            ----
            ok

            stabilize
            ----
            ok

            log-level debug
            ----
            ok

            """;

    @Test
    void aScriptThatHoldsPasses() {
        assertThat(ScriptRunner.run(new ScriptFile("one.txt", LEADER_OF_ONE + """
                                propose 1 x
                                ----
                                ok

                                process-ready 1
                                ----
                                Ready MustSync=true:
                                Entries:
                                1/5 EntryNormal "x"

                                raft-log 1
                                ----
                                1/4 EntryNormal ""
                                1/5 EntryNormal "x"

                                stabilize
                                ----
                                > 1 handling Ready
                                  Ready MustSync=false:
                                  HardState Term:1 Vote:1 Commit:5
                                  CommittedEntries:
                                  1/5 EntryNormal "x"

                                status 1
                                ----
                                1: StateReplicate match=5 next=6
                                """)))
                .isEmpty();
    }

    @Test
    void aWrongExpectationFailsWithItsPlaceAndBothLines() {
        assertThat(ScriptRunner.run(new ScriptFile(
                        "one.txt", LEADER_OF_ONE + "raft-state\n----\n1: StateFollower (Voter) Term:1 Lead:1\n")))
                .contains("""
                        one.txt:21: raft-state
                          line 1 of the output
                            expected: 1: StateFollower (Voter) Term:1 Lead:1
                            got:      1: StateLeader (Voter) Term:1 Lead:1""");
    }

    @Test
    void missingAndSurplusOutputFails() {
        assertThat(ScriptRunner.run(new ScriptFile("f", LEADER_OF_ONE + "raft-state\n----\nok\n")))
                .isPresent();
        assertThat(ScriptRunner.run(new ScriptFile("f", LEADER_OF_ONE + "tick-heartbeat 1\n----\nsomething\n")))
                .isPresent();
    }

    @Test
    void whatIsNoScriptFails() {
        assertThat(ScriptRunner.run(new ScriptFile("f.txt", "campaign 1\n")))
                .contains("f.txt:1: no ---- after this directive");
    }

    @Test
    void aBrokenEnvironmentFailsTheScriptAndNotTheRun() throws Exception {
        Script script = Script.parse("f.txt", LEADER_OF_ONE + "set-randomized-election-timeout 1 timeout=x\n----\n");
        assertThat(ScriptRunner.run(script))
                .hasValueSatisfying(failure -> assertThat(failure).endsWith("got:      not a number: x"));

        assertThat(ScriptRunner.run(
                        directive -> {
                            throw new IllegalStateException("broken");
                        },
                        script.directives().get(0)))
                .hasValueSatisfying(failure -> assertThat(failure)
                        .startsWith("threw java.lang.IllegalStateException: broken\n    at io.reactorraft.simulation"));
    }

    @Test
    void theKindsAreToldApart() {
        assertThat(ScriptRunner.run(new ScriptFile("q", "vote cfg=(1) votes=(y)\n----\nVoteWon\n")))
                .isEmpty();
        assertThat(ScriptRunner.run(new ScriptFile("c", """
                        simple
                        v1
                        ----
                        voters=(1)
                        1: StateProbe match=0 next=1

                        enter-joint autoleave=true
                        r1 v2 l3
                        ----
                        voters=(2)&&(1) learners=(3) autoleave
                        1: StateProbe match=0 next=1
                        2: StateProbe match=0 next=1
                        3: StateProbe match=0 next=1 learner

                        simple
                        v4
                        ----
                        can't apply simple config change in joint config

                        leave-joint
                        v4
                        ----
                        this command takes no input

                        leave-joint
                        ----
                        voters=(2) learners=(3)
                        2: StateProbe match=0 next=1
                        3: StateProbe match=0 next=1 learner

                        campaign 1
                        ----
                        unknown command
                        """))).isEmpty();
    }

    @Test
    void directivesOfOneScriptShareOneEnvironmentAndScriptsDoNot() {
        assertThat(ScriptRunner.run(new ScriptFile("a", LEADER_OF_ONE + "raft-log 1\n----\n1/4 EntryNormal \"\"\n")))
                .isEmpty();
        assertThat(ScriptRunner.run(new ScriptFile("b", "raft-state\n----\nok\n")))
                .isEmpty();
    }

    @Test
    void outputIsALineEach() {
        Output output = new Output();
        output.print("a\nb\n");

        assertThat(output.take()).isEqualTo(List.of("a", "b"));
        assertThat(output.take()).isEmpty();
    }
}
