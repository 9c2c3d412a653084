package io.reactorraft.simulation;

import io.reactorraft.core.RaftRole;
import io.reactorraft.core.ReadState;
import io.reactorraft.core.Ready;
import io.reactorraft.core.SoftState;
import io.reactorraft.core.Status;
import io.reactorraft.core.Status.PeerProgress;
import io.reactorraft.core.Status.ProgressState;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.Message;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What a node says of itself, in the form of the scripts. */
final class StatePrinter {

    private StatePrinter() {}

    static String print(Ready ready) {
        StringBuilder text = new StringBuilder();
        if (ready.softState() != null) {
            text.append(print(ready.softState())).append('\n');
        }
        if (ready.hardState() != null) {
            text.append("HardState ").append(print(ready.hardState())).append('\n');
        }
        if (!ready.readStates().isEmpty()) {
            text.append("ReadStates ").append(print(ready.readStates())).append('\n');
        }
        if (!ready.entries().isEmpty()) {
            text.append("Entries:\n")
                    .append(MessagePrinter.print(ready.entries()))
                    .append('\n');
        }
        if (ready.snapshot() != null) {
            text.append("Snapshot ")
                    .append(MessagePrinter.print(ready.snapshot()))
                    .append('\n');
        }
        if (!ready.committedEntries().isEmpty()) {
            text.append("CommittedEntries:\n")
                    .append(MessagePrinter.print(ready.committedEntries()))
                    .append('\n');
        }
        if (!ready.messages().isEmpty()) {
            text.append("Messages:\n");
            for (Message message : ready.messages()) {
                text.append(MessagePrinter.print(message)).append('\n');
            }
        }
        return text.isEmpty() ? "<empty Ready>" : "Ready MustSync=" + ready.mustSync() + ":\n" + text;
    }

    private static String print(SoftState state) {
        return "Lead:" + Ids.print(state.leaderId()) + " State:" + print(state.role());
    }

    private static String print(HardState state) {
        String vote = state.getVote().isEmpty() ? "" : " Vote:" + state.getVote();
        return "Term:" + state.getTerm() + vote + " Commit:" + state.getCommit();
    }

    private static String print(List<ReadState> states) {
        return states.stream()
                .map(state -> "{" + state.index() + " " + bytes(state) + "}")
                .collect(Collectors.joining(" ", "[", "]"));
    }

    private static String bytes(ReadState state) {
        StringBuilder numbers = new StringBuilder();
        for (byte each : state.context()) {
            numbers.append(numbers.isEmpty() ? "" : " ").append(each & 0xff);
        }
        return "[" + numbers + "]";
    }

    private static String print(RaftRole role) {
        return switch (role) {
            case FOLLOWER -> "StateFollower";
            case PRE_CANDIDATE -> "StatePreCandidate";
            case CANDIDATE -> "StateCandidate";
            case LEADER -> "StateLeader";
        };
    }

    /** As in {@code 1: StateLeader (Voter) Term:1 Lead:1}. */
    static String printRole(Status status) {
        boolean voter = status.confState().getVotersList().contains(status.id())
                || status.confState().getVotersOutgoingList().contains(status.id());
        return status.id() + ": " + print(status.softState().role()) + (voter ? " (Voter)" : " (Non-Voter)")
                + " Term:" + status.hardState().getTerm()
                + " Lead:" + Ids.print(status.softState().leaderId());
    }

    /** As in {@code 1: StateReplicate match=4 next=5}, one line each. */
    static String print(Map<String, PeerProgress> progress) {
        return progress.entrySet().stream()
                .map(entry -> entry.getKey() + ": " + print(entry.getValue()))
                .collect(Collectors.joining("\n"));
    }

    private static String print(PeerProgress progress) {
        StringBuilder text = new StringBuilder(print(progress.state()))
                .append(" match=")
                .append(progress.match())
                .append(" next=")
                .append(progress.next());
        if (progress.learner()) {
            text.append(" learner");
        }
        if (progress.paused()) {
            text.append(" paused");
        }
        if (progress.pendingSnapshot() > 0) {
            text.append(" pendingSnap=").append(progress.pendingSnapshot());
        }
        if (!progress.recentActive()) {
            text.append(" inactive");
        }
        if (progress.inflight() > 0) {
            text.append(" inflight=").append(progress.inflight()).append(progress.inflightFull() ? "[full]" : "");
        }
        return text.toString();
    }

    private static String print(ProgressState state) {
        return switch (state) {
            case PROBE -> "StateProbe";
            case REPLICATE -> "StateReplicate";
            case SNAPSHOT -> "StateSnapshot";
        };
    }
}
