package io.reactorraft;

import java.util.Map;

/**
 * A member of the group.
 *
 * @param address where its peers reach it, {@code host:port}
 * @param learner receives the log but has no vote
 * @param tags whatever its operator wants all members to know of it, for instance an HTTP URL under {@code http}
 */
public record Member(String id, String address, boolean learner, Map<String, String> tags) {

    public Member {
        checkId(id);
        int colon = address.lastIndexOf(':');
        if (colon < 1 || !validPort(address.substring(colon + 1))) {
            throw new IllegalArgumentException(
                    "the address of member '" + id + "' must be host:port, got '" + address + "'");
        }
        tags = Map.copyOf(tags);
    }

    static void checkId(String id) {
        if (id.isBlank() || id.length() > 64) {
            throw new IllegalArgumentException("a member's id has 1 to 64 characters, got '" + id + "'");
        }
    }

    private static boolean validPort(String text) {
        return text.chars().allMatch(c -> c >= '0' && c <= '9')
                && !text.isEmpty()
                && text.length() <= 5
                && Integer.parseInt(text) <= 65_535;
    }

    /** A member with a vote. */
    public static Member voter(String id, String address) {
        return new Member(id, address, false, Map.of());
    }

    /** A member without a vote. */
    public static Member learner(String id, String address) {
        return new Member(id, address, true, Map.of());
    }

    /** Reads {@code id=host:port}. */
    static Member parse(String text) {
        int equals = text.indexOf('=');
        if (equals < 1) {
            throw new IllegalArgumentException("a member is written id=host:port, got '" + text + "'");
        }
        return voter(text.substring(0, equals), text.substring(equals + 1));
    }

    static Member of(io.reactorraft.proto.Member member) {
        return new Member(member.getId(), member.getAddresses(0), member.getLearner(), member.getTagsMap());
    }

    io.reactorraft.proto.Member toProto() {
        return io.reactorraft.proto.Member.newBuilder()
                .setId(id)
                .addAddresses(address)
                .setLearner(learner)
                .putAllTags(tags)
                .build();
    }
}
