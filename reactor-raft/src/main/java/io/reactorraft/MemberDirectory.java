package io.reactorraft;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What is known of the members: address and role as the log has them, tags as they told us themselves.
 *
 * <p><b>Threads.</b> The loop writes the list, the transport's threads add tags, anyone reads.
 */
final class MemberDirectory {

    /** Members of which tags are kept: hearsay is bounded, too. */
    static final int MAX_TAGGED = 1_024;

    private final Map<String, Map<String, String>> tags = new ConcurrentHashMap<>();
    private volatile Map<String, io.reactorraft.proto.Member> members = Map.of();

    MemberDirectory(Member self) {
        tags.put(self.id(), self.tags());
    }

    /** The members are these from now on. Loop only. */
    void are(Roster roster) {
        members = roster.members();
    }

    /** A peer said who it is. */
    void met(io.reactorraft.proto.Member peer) {
        if (tags.size() < MAX_TAGGED || tags.containsKey(peer.getId())) {
            tags.put(peer.getId(), Map.copyOf(peer.getTagsMap()));
        }
    }

    /** The member, or null where the log names none of this id. */
    @Nullable
    Member find(String id) {
        io.reactorraft.proto.Member member = members.get(id);
        return member == null ? null : withTags(member);
    }

    List<Member> all() {
        return members.values().stream().map(this::withTags).toList();
    }

    Collection<io.reactorraft.proto.Member> wire() {
        return members.values();
    }

    private Member withTags(io.reactorraft.proto.Member member) {
        Map<String, String> told = tags.getOrDefault(member.getId(), member.getTagsMap());
        return new Member(member.getId(), member.getAddresses(0), member.getLearner(), told);
    }
}
