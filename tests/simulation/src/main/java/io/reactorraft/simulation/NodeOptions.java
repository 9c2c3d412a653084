package io.reactorraft.simulation;

import io.reactorraft.core.CoreConfig;
import io.reactorraft.core.CoreConfig.ReadMode;
import io.reactorraft.core.RawNode;
import io.reactorraft.core.ScriptedCore;
import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.SnapshotMetadata;
import java.util.Set;

/**
 * The options of {@code add-nodes}. Nodes of one command are alike: election tick 3, heartbeat tick 1, and no limit
 * that the script does not set.
 *
 * @param directive the command they came with
 * @param start the snapshot that the nodes begin with; the default instance: none
 * @param applied the index up to which they have applied
 */
record NodeOptions(Directive directive, SnapshotMetadata start, long applied, boolean asyncStorageWrites) {

    static final int ELECTION_TICKS = 3;
    static final int HEARTBEAT_TICKS = 1;

    private static final Set<String> TRUE = Set.of("1", "t", "T", "TRUE", "true", "True");
    private static final Set<String> FALSE = Set.of("0", "f", "F", "FALSE", "false", "False");

    static NodeOptions of(Directive directive) throws CommandException {
        long index = Ids.number(directive.value("index").orElse("0"));
        ConfState members = ConfState.newBuilder()
                .addAllVoters(Ids.parseAll(directive.values("voters")))
                .addAllLearners(Ids.parseAll(directive.values("learners")))
                .build();
        int contentBytes = directive.value("content").orElse("").length();
        boolean bootstraps = index > 0 || contentBytes > 0 || !members.equals(ConfState.getDefaultInstance());
        if (bootstraps && index <= 1) {
            throw new CommandException("index must be specified as > 1 due to bootstrap");
        }
        SnapshotMetadata start = SnapshotMetadata.getDefaultInstance();
        if (bootstraps) {
            start = SnapshotMetadata.newBuilder()
                    .setIndex(index)
                    .setTerm(1)
                    .setConfState(members)
                    .setSizeBytes(contentBytes)
                    .build();
        }
        return new NodeOptions(directive, start, index, flag(directive, "async-storage-writes"));
    }

    private CoreConfig.Builder config(String id) throws CommandException {
        return CoreConfig.builder(id)
                .seed(Long.parseLong(id))
                .electionTicks(ELECTION_TICKS)
                .heartbeatTicks(HEARTBEAT_TICKS)
                .maxMessageBytes(CoreConfig.NO_LIMIT)
                .maxCommittedBytes(Ids.number(
                        directive.value("max-committed-size-per-ready").orElse("0")))
                .maxInflightMessages(
                        Ids.smallNumber(directive.value("inflight").orElse(Integer.toString(Integer.MAX_VALUE))))
                .maxInflightBytes(0)
                .preVote(flag(directive, "prevote"))
                .checkQuorum(flag(directive, "checkquorum"))
                .asyncStorageWrites(asyncStorageWrites)
                .confChangeValidation(!flag(directive, "disable-conf-change-validation"))
                .stepDownOnRemoval(flag(directive, "step-down-on-removal"))
                .readMode(readMode(directive))
                .faultsOfTheReference(true);
    }

    private static ReadMode readMode(Directive directive) throws CommandException {
        String mode = directive.value("read-only").orElse("safe");
        return switch (mode) {
            case "safe" -> ReadMode.QUORUM;
            case "lease-based" -> ReadMode.LEASE;
            default -> throw new CommandException("invalid read-only option \"" + mode + "\"");
        };
    }

    private static boolean flag(Directive directive, String key) throws CommandException {
        return flag(directive.value(key).orElse("false"));
    }

    static boolean flag(String value) throws CommandException {
        if (TRUE.contains(value) || FALSE.contains(value)) {
            return TRUE.contains(value);
        }
        throw new CommandException("neither true nor false: " + value);
    }

    ScriptedLog newLog(EntrySizes sizes) throws CommandException {
        ScriptedLog log = new ScriptedLog(sizes);
        if (start.getIndex() > 0) {
            log.install(start);
            log.newestSnapshot(start);
        }
        return log;
    }

    RawNode newCore(String id, ScriptedLog log, EntrySizes sizes) throws CommandException {
        CoreConfig.Builder config = config(id);
        try {
            return ScriptedCore.node(config.build(), log, sizes::of, log.confState(), applied);
        } catch (IllegalArgumentException e) {
            throw new CommandException("invalid options: " + e.getMessage());
        }
    }
}
