package io.reactorraft;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a node was told when it was built.
 *
 * @param self this member: its id, address and tags
 * @param listen where it binds
 * @param members those that start the group; counts for an empty directory only
 * @param join where to ask to be let in, where this is none of them; counts for an empty directory only; null: nowhere
 * @param force to go on alone, at this very index; null: never
 */
record NodeSettings(
        String clusterId,
        String groupId,
        Member self,
        String listen,
        List<Member> members,
        Path dataDir,
        RaftConfig config,
        @Nullable Join join,
        @Nullable Force force) {

    /** Without anybody to ask: a node that starts the group, or that was in it before. */
    NodeSettings(
            String clusterId,
            String groupId,
            Member self,
            String listen,
            List<Member> members,
            Path dataDir,
            RaftConfig config) {
        this(clusterId, groupId, self, listen, members, dataDir, config, null, null);
    }

    /**
     * Members that may be asked to be let in.
     *
     * @param learner whether to stay without a vote
     */
    record Join(List<String> seeds, boolean learner) {}

    /**
     * A survivor that is to go on alone.
     *
     * @param nodeId which node
     * @param lastIndex where its log ends; anywhere else, and ever after, nothing happens
     * @param report is told, in lines for people, what was done
     */
    record Force(String nodeId, long lastIndex, Consumer<String> report) {}

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
