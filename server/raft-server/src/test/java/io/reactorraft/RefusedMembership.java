package io.reactorraft;

/** Makes the errors that only a node makes. */
public final class RefusedMembership {

    private RefusedMembership() {}

    /** A change of the members that was refused for this reason. */
    public static RaftException.Rejected of(MembershipRefusal refusal, String message) {
        return RaftException.Rejected.membership(refusal, message);
    }
}
