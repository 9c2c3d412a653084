package io.reactorraft;

import com.google.protobuf.ByteString;
import io.reactorraft.spi.Transport.Refusal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What is known of the members: address, role and data id as the log has them, tags as they told us themselves; and who
 * was removed.
 *
 * <p><b>Threads.</b> The loop writes the list, the transport's threads add tags, anyone reads.
 */
final class MemberDirectory {

    /** Members of which tags are kept: hearsay is bounded, too. */
    static final int MAX_TAGGED = 1_024;

    private final Map<String, Map<String, String>> tags = new ConcurrentHashMap<>();
    private final Map<String, ByteString> dataIds = new ConcurrentHashMap<>();
    private volatile Roster roster = Roster.EMPTY;
    private final String selfId;
    private volatile long generation;

    MemberDirectory(Member self) {
        selfId = self.id();
        tags.put(self.id(), self.tags());
    }

    /** The members are these from now on. Loop only. */
    void are(Roster now) {
        roster = now;
    }

    /** The members as the loop knows them. Any thread. */
    Roster roster() {
        return roster;
    }

    /** Somebody, this node included, said who it is. */
    void met(io.reactorraft.proto.Member peer) {
        String id = peer.getId();
        if (tags.size() < MAX_TAGGED || tags.containsKey(id)) {
            tags.put(id, Map.copyOf(peer.getTagsMap()));
            dataIds.put(id, peer.getDataId());
        }
    }

    /** What there is against this peer, by its id and the data id of its handshake; null: nothing. Any thread. */
    @Nullable
    Refusal judge(io.reactorraft.proto.Member peer) {
        return roster.judge(peer);
    }

    /**
     * The same, by one that has applied so much of the log. Who has not read so far that it is a member itself does not say
     * how much: its list is older than its own time in the group, and may have who came back since as one that was removed.
     */
    @Nullable
    Refusal judge(io.reactorraft.proto.Member peer, long appliedIndex) {
        Refusal refusal = judge(peer);
        return refusal == null
                ? null
                : new Refusal(refusal.verdict(), refusal.reason(), knowsItself() ? appliedIndex : 0);
    }

    /** The group is of this generation, as the log has it: members as they were before do not count. Before the start. */
    void began(long currentGeneration) {
        generation = currentGeneration;
    }

    /** Whether what is applied so far is of the generation that the log ends with. */
    boolean isOfThisGeneration(Roster known) {
        return known.generation() >= generation;
    }

    /** Whether the peer is a member of the group as it is, by its very disk. Any thread. */
    boolean knows(io.reactorraft.proto.Member peer) {
        Roster now = roster;
        return isOfThisGeneration(now) && now.knows(peer);
    }

    /** Whether what is applied so far names the peer as a member, by this very disk. Any thread. */
    boolean notes(io.reactorraft.proto.Member peer) {
        Roster now = roster;
        io.reactorraft.proto.Member noted = now.members().get(peer.getId());
        return noted != null
                && !noted.getDataId().isEmpty()
                && noted.getDataId().equals(peer.getDataId())
                && isOfThisGeneration(now);
    }

    /** Whether this node is a member by its own log, with the disk that it told its peers. Any thread. */
    boolean knowsItself() {
        return roster.knows(io.reactorraft.proto.Member.newBuilder()
                .setId(selfId)
                .setDataId(dataIds.getOrDefault(selfId, ByteString.EMPTY))
                .build());
    }

    /** Members of whose data ids the log says nothing yet, with those that they told us. Any thread. */
    List<io.reactorraft.proto.Member> unrecorded() {
        Roster now = roster;
        List<io.reactorraft.proto.Member> unrecorded = new ArrayList<>();
        for (io.reactorraft.proto.Member member : now.members().values()) {
            ByteString met = member.getDataId().isEmpty() ? dataIds.get(member.getId()) : null;
            if (met != null && !met.isEmpty() && !now.dataIds().contains(met)) {
                unrecorded.add(member.toBuilder().setDataId(met).build());
            }
        }
        return unrecorded;
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
