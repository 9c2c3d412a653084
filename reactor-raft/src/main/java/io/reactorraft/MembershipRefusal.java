package io.reactorraft;

/** Why a change of the members was refused, by what can be done about it. */
public enum MembershipRefusal {
    /** Too few of the voters that would be left can be reached: bring members back first, or add some. */
    QUORUM_AT_RISK,
    /** The id, or the disk that asks under it, was used before: take another id, or have the member replaced. */
    ID_USED,
    /** The member cannot be reached at its address: start it, or correct the address. */
    UNREACHABLE,
    /** There is no member of this id. */
    NOT_A_MEMBER,
    /** It contradicts what is: the message says what. */
    REFUSED
}
