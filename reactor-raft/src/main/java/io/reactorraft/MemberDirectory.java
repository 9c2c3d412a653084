package io.reactorraft;

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
    private final Map<String, io.reactorraft.proto.Member> identities = new ConcurrentHashMap<>();
    private volatile Roster roster = Roster.EMPTY;

    MemberDirectory(Member self) {
        tags.put(self.id(), self.tags());
    }

    /** The members are these from now on. Loop only. */
    void are(Roster next) {
        roster = next;
    }

    /** The members as the loop knows them. */
    Roster roster() {
        return roster;
    }

    /** This node's own disk is known. */
    void self(io.reactorraft.proto.Member self) {
        identities.put(self.getId(), self);
    }

    /** What the member said of itself last; null: it said nothing so far. */
    io.reactorraft.proto.@Nullable Member identity(String id) {
        return identities.get(id);
    }

    /** A peer said who it is. */
    void met(io.reactorraft.proto.Member peer) {
        if (identities.size() < MAX_TAGGED || identities.containsKey(peer.getId())) {
            identities.put(peer.getId(), peer);
        }
        if (tags.size() < MAX_TAGGED || tags.containsKey(peer.getId())) {
            tags.put(peer.getId(), Map.copyOf(peer.getTagsMap()));
        }
    }

    /** The member, or null where the log names none of this id. */
    @Nullable
    Member find(String id) {
        io.reactorraft.proto.Member member = roster.members().get(id);
        return member == null ? null : withTags(member);
    }

    List<Member> all() {
        return roster.all().stream().map(this::withTags).toList();
    }

    private Member withTags(io.reactorraft.proto.Member member) {
        Map<String, String> told = tags.getOrDefault(member.getId(), member.getTagsMap());
        return new Member(member.getId(), member.getAddresses(0), member.getLearner(), told);
    }
}
