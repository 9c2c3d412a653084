package io.reactorraft.core;

import io.reactorraft.proto.ConfState;
import io.reactorraft.quorum.JointConfig;
import io.reactorraft.quorum.MajorityConfig;

/**
 * Who votes and who only learns (§6).
 *
 * <p>Nobody is voter and learner at once. A voter that is to become a learner stays a voter of the outgoing half while
 * the configuration is joint, and waits in {@code learnersNext}.
 *
 * @param autoLeave whether the leader leaves the joint configuration by itself
 */
record Configuration(JointConfig voters, MajorityConfig learners, MajorityConfig learnersNext, boolean autoLeave) {

    static final Configuration EMPTY =
            new Configuration(JointConfig.EMPTY, MajorityConfig.EMPTY, MajorityConfig.EMPTY, false);

    boolean isJoint() {
        return voters.isJoint();
    }

    /** Whether {@code id} alone decides everything. */
    boolean isSoleVoter(String id) {
        return !isJoint() && voters.incoming().size() == 1 && voters.contains(id);
    }

    ConfState toConfState() {
        return ConfState.newBuilder()
                .addAllVoters(voters.incoming().ids())
                .addAllVotersOutgoing(voters.outgoing().ids())
                .addAllLearners(learners.ids())
                .addAllLearnersNext(learnersNext.ids())
                .setAutoLeave(autoLeave)
                .build();
    }

    /** As in {@code voters=(1 2)&&(1) learners=(3) learners_next=(4) autoleave}. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("voters=").append(voters);
        if (!learners.isEmpty()) {
            text.append(" learners=").append(learners);
        }
        if (!learnersNext.isEmpty()) {
            text.append(" learners_next=").append(learnersNext);
        }
        return text.append(autoLeave ? " autoleave" : "").toString();
    }
}
