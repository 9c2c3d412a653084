package io.reactorraft;

import java.nio.file.Path;
import java.util.List;

/**
 * What a node was told when it was built.
 *
 * @param self this member: its id, address and tags
 * @param listen where it binds
 * @param members those that start the group; counts for an empty directory only
 */
record NodeSettings(
        String clusterId,
        String groupId,
        Member self,
        String listen,
        List<Member> members,
        Path dataDir,
        RaftConfig config) {

    String id() {
        return self.id();
    }

    /** Whether it is one of those that start the group. */
    boolean isFounder() {
        return members.stream().anyMatch(member -> member.id().equals(id()));
    }

    /** What log lines begin with. */
    String logPrefix() {
        return groupId + "/" + id();
    }
}
