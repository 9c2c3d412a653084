package io.reactorraft.core;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import io.reactorraft.quorum.VoteResult;

/** Votes: asking for them, giving them, counting them (§5.2, §5.4.1, thesis §9.6). It decides no role. */
final class Election {

    /** Why a node campaigns. */
    enum Campaign {
        /** To find out whether it could win; changes nobody's term (thesis §9.6). */
        PRE_ELECTION,
        /** To win a new term. */
        ELECTION,
        /** To win a new term because its leader told it to (thesis §3.10). */
        TRANSFER
    }

    /** The context of a vote request that the leader itself has asked for. */
    private static final ByteString TRANSFER_CONTEXT = ByteString.copyFromUtf8("CampaignTransfer");

    private final CoreConfig config;
    private final NodeState node;
    private final RaftLog log;
    private final ProgressTracker tracker;
    private final Ticks ticks;
    private final Outbox outbox;

    Election(CoreConfig config, NodeState node, RaftLog log, ProgressTracker tracker, Ticks ticks, Outbox outbox) {
        this.config = config;
        this.node = node;
        this.log = log;
        this.tracker = tracker;
        this.ticks = ticks;
        this.outbox = outbox;
    }

    /** Asks every voter, in either half of the configuration, for its vote in {@code term}. */
    void requestVotes(Campaign campaign, long term) {
        boolean pre = campaign == Campaign.PRE_ELECTION;
        long lastIndex = log.lastIndex();
        long lastTerm = log.lastTerm();
        for (String voter : tracker.configuration().voters().ids()) {
            Message.Builder message = Message.newBuilder().setTo(voter).setTerm(term);
            if (node.isSelf(voter)) {
                // Its own vote counts once it is durable, like anybody's.
                outbox.sendWithTerm(message.setType(responseType(pre)));
                continue;
            }
            message.setType(pre ? MessageType.MSG_PRE_VOTE : MessageType.MSG_VOTE)
                    .setIndex(lastIndex)
                    .setLogTerm(lastTerm);
            if (campaign == Campaign.TRANSFER) {
                message.setContext(TRANSFER_CONTEXT);
            }
            if (pre || config.faultsOfTheReference) {
                outbox.sendWithTerm(message);
            } else {
                // Or a crash could take the term and the end of the log from this node, and the answers would elect it
                // all the same.
                outbox.sendOnceDurable(message);
            }
        }
    }

    /**
     * Takes over what a voter knows to be committed, if the same entry is here. Members that have left know of changes whose
     * commit the rest may have missed, and which made the rest a quorum; but they do not campaign any more.
     *
     * @return whether there was something to learn
     */
    boolean learnsFrom(Message refusal) {
        long known = refusal.getKnownCommit();
        if (known <= log.commit() || !log.matches(known, refusal.getKnownCommitTerm())) {
            return false;
        }
        log.commitTo(known);
        return true;
    }

    /** Counts an answer; what the election has come to. */
    VoteResult poll(String from, boolean granted) {
        return tracker.recordVote(from, granted);
    }

    /**
     * "If a server receives a RequestVote request within the minimum election timeout of hearing from a current leader,
     * it does not update its term or grant its vote" (§6), unless that leader wants it so.
     */
    boolean isDisruptive(Message request) {
        boolean leaderHeard = config.checkQuorum && node.hasLeader() && !ticks.isElectionTimeoutOver();
        return (leaderHeard && !isWantedByLeader(request)) || breaksPromise(request);
    }

    /** Whether some leader may rely on it that this vote is not given (thesis §6.4.1); until when does not depend on terms. */
    private boolean breaksPromise(Message request) {
        return ticks.isPromised() && !isWantedByLeader(request);
    }

    private static boolean isWantedByLeader(Message request) {
        return request.getContext().equals(TRANSFER_CONTEXT);
    }

    /** Answers a request for a vote or a pre-vote whose term is not below our own. */
    void answer(Message request) {
        boolean pre = request.getType() == MessageType.MSG_PRE_VOTE;
        if (mayVoteFor(request) && log.isUpToDate(request.getIndex(), request.getLogTerm())) {
            // The answer is about the term that was asked about: a pre-vote's lies ahead of our own.
            outbox.sendWithTerm(answerTo(request, pre).setTerm(request.getTerm()));
            if (!pre) {
                ticks.restartElection();
                node.vote(request.getFrom());
            }
        } else if (node.term() > 0) {
            refuse(request, pre);
        }
        // Else this node has seen no term yet and has none to refuse in. The asker's own timeout is answer enough.
    }

    /**
     * Refuses a pre-vote of a past term. Silence would not do: a candidate with a higher term and an older log, from
     * before pre-votes were used, would never learn of ours.
     */
    void refuseStale(Message request) {
        refuse(request, true);
    }

    private void refuse(Message request, boolean pre) {
        Message.Builder refusal = answerTo(request, pre).setTerm(node.term()).setReject(true);
        long commitTerm = log.term(log.commit());
        if (commitTerm != LogView.UNKNOWN_TERM && !config.faultsOfTheReference) {
            refusal.setKnownCommit(log.commit()).setKnownCommitTerm(commitTerm);
        }
        outbox.sendWithTerm(refusal);
    }

    private boolean mayVoteFor(Message request) {
        // "Each server will vote for at most one candidate in a given term, on a first-come-first-served basis" (§5.2);
        // saying it twice to the same one is the same vote.
        return node.vote().equals(request.getFrom())
                || (node.vote().isEmpty() && !node.hasLeader() && !breaksPromise(request))
                // A pre-vote binds nobody, so it may be given for a term to come.
                || (request.getType() == MessageType.MSG_PRE_VOTE && request.getTerm() > node.term());
    }

    private static Message.Builder answerTo(Message request, boolean pre) {
        return Message.newBuilder().setTo(request.getFrom()).setType(responseType(pre));
    }

    private static MessageType responseType(boolean pre) {
        return pre ? MessageType.MSG_PRE_VOTE_RESPONSE : MessageType.MSG_VOTE_RESPONSE;
    }
}
