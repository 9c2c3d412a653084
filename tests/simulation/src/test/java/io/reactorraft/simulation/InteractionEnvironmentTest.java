package io.reactorraft.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class InteractionEnvironmentTest {

    private final InteractionEnvironment environment = new InteractionEnvironment();

    @Test
    void nodesAreNumberedThroughout() throws Exception {
        run("add-nodes 2 voters=(1,2) learners=(3) index=5");
        run("add-nodes 1 voters=(1,2) learners=(3) index=5");

        assertThat(run("raft-state"))
                .containsExactly(
                        "1: StateFollower (Voter) Term:0 Lead:0",
                        "2: StateFollower (Voter) Term:0 Lead:0",
                        "3: StateFollower (Non-Voter) Term:0 Lead:0");
        assertThat(run("raft-log 1")).containsExactly("log is empty: first index=6, last index=5");
    }

    @Test
    void optionsThatDoNotFitTogetherAreRefused() throws Exception {
        assertThat(run("add-nodes 1 voters=(1)")).containsExactly("index must be specified as > 1 due to bootstrap");
        assertThat(run("add-nodes 1 content=foo index=1"))
                .containsExactly("index must be specified as > 1 due to bootstrap");
        assertThat(run("add-nodes 1 read-only=always")).containsExactly("invalid read-only option \"always\"");
        assertThat(run("add-nodes 1 read-only=lease-based"))
                .containsExactly("invalid options: lease reads need check-quorum");
        assertThat(run("add-nodes 1 prevote=yes")).containsExactly("neither true nor false: yes");
        assertThat(run("add-nodes 1001")).containsExactly("more than 1000 nodes");
    }

    @Test
    void nodesThatDoNotExistAreNamed() throws Exception {
        run("add-nodes 2 voters=(1,2) index=5");

        assertThat(run("campaign 3")).containsExactly("there is no node 3, only 1 to 2");
        assertThat(run("transfer-leadership from=1 to=0")).containsExactly("there is no node 0, only 1 to 2");
        assertThat(run("transfer-leadership from=1")).containsExactly("transfer-leadership needs to=");
        assertThat(run("fly 1")).containsExactly("unknown command");
    }

    @Test
    void messagesWaitUntilTheyAreDeliveredOrDropped() throws Exception {
        electLeader("add-nodes 3 voters=(1,2,3) index=10");
        run("propose 1 x");
        run("process-ready 1");

        assertThat(run("deliver-msgs 2 type=MsgHeartbeat")).containsExactly("no messages");
        assertThat(run("deliver-msgs 2 drop=(2)")).containsExactly("can't both deliver and drop msgs to 2");
        assertThat(run("deliver-msgs 2 drop=(3)"))
                .containsExactly(
                        "1->2 MsgApp Term:1 Log:1/11 Commit:11 Entries:[1/12 EntryNormal \"x\"]",
                        "dropped: 1->3 MsgApp Term:1 Log:1/11 Commit:11 Entries:[1/12 EntryNormal \"x\"]");
        assertThat(run("deliver-msgs 2 3")).containsExactly("no messages");
    }

    @Test
    void severalNodesGetAHeaderEach() throws Exception {
        electLeader("add-nodes 2 voters=(1,2) index=10");

        assertThat(run("process-ready 1 2"))
                .containsExactly("> 1 handling Ready", "  <empty Ready>", "> 2 handling Ready", "  <empty Ready>");
        assertThat(run("process-append-thread 1 2"))
                .containsExactly(
                        "> 1 processing append thread",
                        "  no append work to perform",
                        "> 2 processing append thread",
                        "  no append work to perform");
        assertThat(run("process-apply-thread 1")).containsExactly("no apply work to perform");
    }

    @Test
    void storageThreadsWorkOnlyWhenTold() throws Exception {
        electLeader("add-nodes 1 voters=(1) index=10 async-storage-writes=true");
        run("propose 1 x");
        run("process-ready 1");

        assertThat(run("raft-log 1")).containsExactly("1/11 EntryNormal \"\"");
        assertThat(run("process-append-thread 1"))
                .containsExactly(
                        "Processing:",
                        "1->AppendThread MsgStorageAppend Term:0 Log:0/0 Entries:[1/12 EntryNormal \"x\"]",
                        "Responses:",
                        "1->1 MsgAppResp Term:1 Log:0/12",
                        "AppendThread->1 MsgStorageAppendResp Term:1 Log:1/12");
        assertThat(run("raft-log 1")).hasSize(2);
        assertThat(run("deliver-msgs drop=(1)"))
                .as("what a node tells itself cannot be lost")
                .containsExactly("no messages");
    }

    @Test
    void compactionThenSnapshotBringsALaggardUpToDate() throws Exception {
        electLeader("add-nodes 2 voters=(1,2) learners=(3) index=10");
        run("add-nodes 1");
        run("deliver-msgs drop=(3)");

        assertThat(run("compact 1 11")).containsExactly("log is empty: first index=12, last index=11");
        assertThat(run("compact 1 11")).containsExactly("requested index is unavailable due to compaction");
        assertThat(run("send-snapshot 1 3"))
                .containsExactly(
                        "1->3 MsgSnap Term:1 Log:0/0",
                        "  Snapshot: Index:11 Term:1 ConfState:Voters:[1 2] VotersOutgoing:[] Learners:[3] "
                                + "LearnersNext:[] AutoLeave:false");
        run("stabilize");
        assertThat(run("raft-log 3")).containsExactly("log is empty: first index=12, last index=11");
        assertThat(run("raft-state")).contains("3: StateFollower (Non-Voter) Term:1 Lead:1");
    }

    @Test
    void configurationChangesOfBothFormsAreProposed() throws Exception {
        electLeader("add-nodes 2 voters=(1,2) index=10");

        assertThat(run("propose-conf-change 1 v1=true", "l3")).isEmpty();
        run("stabilize 1 2");
        assertThat(run("raft-log 1")).endsWith("1/12 EntryConfChange l3");
        assertThat(run("propose-conf-change 1 transition=explicit", "v3 r2")).isEmpty();
        run("stabilize 1 2");
        assertThat(run("raft-log 1")).endsWith("1/13 EntryConfChangeV2 v3 r2");

        assertThat(run("propose-conf-change 1 v1=true", "l3 v4"))
                .containsExactly("v1 conf change can only have one operation and no transition");
        assertThat(run("propose-conf-change 1 transition=sudden", "l3")).containsExactly("unknown transition sudden");
        assertThat(run("propose-conf-change 2", "v4")).isEmpty();
    }

    @Test
    void aDroppedProposalSaysSoEvenInSilence() throws Exception {
        run("add-nodes 1 voters=(1) index=10");

        assertThat(run("propose 1 x")).containsExactly("raft proposal dropped");
        run("log-level none");
        assertThat(run("process-ready 1")).isEmpty();
        assertThat(run("propose 1 x")).containsExactly("raft proposal dropped");
        assertThat(run("log-level loud"))
                .containsExactly("log levels must be either of [DEBUG INFO WARN ERROR FATAL NONE]");
    }

    @Test
    void stabilizeMayBeSilentForOnce() throws Exception {
        run("add-nodes 1 voters=(1) index=10");
        run("campaign 1");

        assertThat(run("stabilize log-level=none")).isEmpty();
        assertThat(run("raft-state")).containsExactly("1: StateLeader (Voter) Term:1 Lead:1");
    }

    @Test
    void ticksLeadToAnElection() throws Exception {
        run("add-nodes 2 voters=(1,2) index=10");
        run("set-randomized-election-timeout 1 timeout=3");
        run("tick-heartbeat 1");
        run("tick-heartbeat 1");
        assertThat(run("raft-state")).contains("1: StateFollower (Voter) Term:0 Lead:0");

        run("tick-heartbeat 1");

        assertThat(run("raft-state")).contains("1: StateCandidate (Voter) Term:1 Lead:0");
    }

    @Test
    void leadershipIsHandedOverAndForgotten() throws Exception {
        electLeader("add-nodes 2 voters=(1,2) index=10");
        run("transfer-leadership from=1 to=2");
        run("stabilize");

        assertThat(run("raft-state")).contains("2: StateLeader (Voter) Term:2 Lead:2");
        assertThat(run("forget-leader 1")).isEmpty();
        assertThat(run("raft-state")).contains("1: StateFollower (Voter) Term:2 Lead:0");
        assertThat(run("report-unreachable 2 1")).isEmpty();
        assertThat(run("status 2")).contains("1: StateProbe match=12 next=13");
    }

    @Test
    void linesOfInputAreFurtherCommands() throws Exception {
        assertThat(run("add-nodes 1 voters=(1) index=10", "campaign 1\nstabilize log-level=none\nraft-state"))
                .containsExactly("1: StateLeader (Voter) Term:1 Lead:1");
        assertThat(run("raft-state", "propose 1 x=(")).last().asString().startsWith("unreadable line of input: ");
    }

    @Test
    void aClusterThatNeverBecomesQuietIsNotWaitedFor() throws Exception {
        InteractionEnvironment impatient = new InteractionEnvironment(2);
        impatient.run(directive("add-nodes 3 voters=(1,2,3) index=10", ""));
        impatient.run(directive("campaign 1", ""));

        assertThat(impatient.run(directive("stabilize log-level=none", "")))
                .containsExactly("not quiet after 2 rounds");
    }

    @Test
    void repliesToTheExcludedAreRefused() throws Exception {
        electLeader("add-nodes 2 voters=(1,2) index=10");
        run("propose 1 x");
        run("process-ready 1");
        run("deliver-msgs 2");
        run("propose-conf-change 1", "r2");
        List<String> printed = new ArrayList<>(run("stabilize"));
        run("report-unreachable 1 2");
        printed.addAll(run("stabilize"));

        assertThat(run("status 1")).containsExactly("1: StateReplicate match=13 next=14");
        assertThat(printed).contains("  raft: cannot step as peer not found");
    }

    private void electLeader(String addNodes) throws ScriptFormatException {
        run("log-level none");
        assertThat(run(addNodes)).isEmpty();
        run("campaign 1");
        run("stabilize");
        run("log-level debug");
    }

    private List<String> run(String directive) throws ScriptFormatException {
        return run(directive, "");
    }

    private List<String> run(String directive, String input) throws ScriptFormatException {
        return environment.run(directive(directive, input));
    }

    private static Directive directive(String directive, String input) throws ScriptFormatException {
        return Script.parse("f", directive + "\n" + input + "\n----\n")
                .directives()
                .get(0);
    }
}
