package io.reactorraft.core;

/** How a core behaves: times in ticks, sizes in bytes of entry data, made by {@link #builder}. Immutable. */
public final class CoreConfig {

    /** {@link Builder#maxMessageBytes} and the like: no limit. */
    public static final long NO_LIMIT = Long.MAX_VALUE;

    /** Twice as many and the longest delay, the longest timeout there is, still fit into an int. */
    private static final int MAX_ELECTION_TICKS = 1 << 29;

    /** How a read is made safe. */
    public enum ReadMode {
        /** A quorum confirms the leader (thesis §6.4). */
        QUORUM,
        /** The leader trusts its lease (thesis §6.4.1), in the reference's form: needs check-quorum and good clocks. */
        LEASE
    }

    final String id;
    final String groupId;
    final int electionTicks;
    final int heartbeatTicks;
    final int candidacyDelayTicks;
    final long maxMessageBytes;
    final long maxCommittedBytes;
    final long maxUncommittedBytes;
    final int maxInflightMessages;
    final long maxInflightBytes;
    final boolean preVote;
    final boolean checkQuorum;
    final boolean asyncStorageWrites;
    final boolean proposalForwarding;
    final boolean confChangeValidation;
    final boolean stepDownOnRemoval;
    final ReadMode readMode;
    final boolean leases;
    final boolean faultsOfTheReference;
    final int maxPendingReads;
    final long seed;

    private CoreConfig(Builder builder) {
        id = builder.id;
        groupId = builder.groupId;
        electionTicks = builder.electionTicks;
        heartbeatTicks = builder.heartbeatTicks;
        candidacyDelayTicks = builder.candidacyDelayTicks;
        maxMessageBytes = builder.maxMessageBytes;
        maxCommittedBytes =
                Math.max(builder.maxCommittedBytes == 0 ? builder.maxMessageBytes : builder.maxCommittedBytes, 1);
        maxUncommittedBytes = builder.maxUncommittedBytes == 0 ? NO_LIMIT : builder.maxUncommittedBytes;
        maxInflightMessages = builder.maxInflightMessages;
        maxInflightBytes = builder.maxInflightBytes;
        preVote = builder.preVote;
        checkQuorum = builder.checkQuorum;
        asyncStorageWrites = builder.asyncStorageWrites;
        proposalForwarding = builder.proposalForwarding;
        confChangeValidation = builder.confChangeValidation;
        stepDownOnRemoval = builder.stepDownOnRemoval;
        readMode = builder.readMode;
        leases = builder.leases;
        faultsOfTheReference = builder.faultsOfTheReference;
        maxPendingReads = builder.maxPendingReads;
        seed = builder.seed;
    }

    /** The defaults, for the node {@code id}. */
    public static Builder builder(String id) {
        return new Builder(id);
    }

    /** Puts a config together. */
    public static final class Builder {
        private final String id;
        private String groupId = "default";
        private int electionTicks = 10;
        private int heartbeatTicks = 1;
        private int candidacyDelayTicks;
        private long maxMessageBytes = 1 << 20;
        private long maxCommittedBytes = 4 << 20;
        private long maxUncommittedBytes = NO_LIMIT;
        private int maxInflightMessages = 512;
        private long maxInflightBytes = 16 << 20;
        private boolean preVote = true;
        private boolean checkQuorum = true;
        private boolean asyncStorageWrites;
        private boolean proposalForwarding = true;
        private boolean confChangeValidation = true;
        private boolean stepDownOnRemoval;
        private ReadMode readMode = ReadMode.QUORUM;
        private boolean leases;
        private boolean faultsOfTheReference;
        private int maxPendingReads = 4096;
        private long seed;

        private Builder(String id) {
            this.id = id;
        }

        /** Put into every message. */
        public Builder groupId(String groupId) {
            this.groupId = groupId;
            return this;
        }

        /** A follower that hears nothing for this long, up to twice as long at random, campaigns (§5.2). 10. */
        public Builder electionTicks(int electionTicks) {
            this.electionTicks = electionTicks;
            return this;
        }

        /** How often a leader shows that it lives; less than {@code electionTicks}. 1. */
        public Builder heartbeatTicks(int heartbeatTicks) {
            this.heartbeatTicks = heartbeatTicks;
            return this;
        }

        /**
         * How much longer than others this node waits for a leader before it campaigns, so that those who wait less lead
         * where they can. It delays no transfer to this node and no {@link RawNode#campaign}. Needs {@link #preVote}: else one
         * who cannot win would raise the term again and again before the others' time comes. 0.
         */
        public Builder candidacyDelayTicks(int candidacyDelayTicks) {
            this.candidacyDelayTicks = candidacyDelayTicks;
            return this;
        }

        /** Entries in one append message; a single larger entry goes alone. 0: one entry a message. 1 MiB. */
        public Builder maxMessageBytes(long maxMessageBytes) {
            this.maxMessageBytes = maxMessageBytes;
            return this;
        }

        /** Entries handed out for applying and not yet applied. 0: as {@code maxMessageBytes}. 4 MiB. */
        public Builder maxCommittedBytes(long maxCommittedBytes) {
            this.maxCommittedBytes = maxCommittedBytes;
            return this;
        }

        /** A leader's uncommitted entries, above which it drops proposals. 0 and the default: no limit. */
        public Builder maxUncommittedBytes(long maxUncommittedBytes) {
            this.maxUncommittedBytes = maxUncommittedBytes;
            return this;
        }

        /** Append messages on their way to one follower. 512. */
        public Builder maxInflightMessages(int maxInflightMessages) {
            this.maxInflightMessages = maxInflightMessages;
            return this;
        }

        /** Bytes of entries on their way to one follower. 0: no limit. 16 MiB. */
        public Builder maxInflightBytes(long maxInflightBytes) {
            this.maxInflightBytes = maxInflightBytes;
            return this;
        }

        /** Ask first whether an election could be won (thesis §9.6). On. */
        public Builder preVote(boolean preVote) {
            this.preVote = preVote;
            return this;
        }

        /**
         * A leader that has not heard from a quorum for an election timeout steps down (thesis §6.2). On.
         */
        public Builder checkQuorum(boolean checkQuorum) {
            this.checkQuorum = checkQuorum;
            return this;
        }

        /** Storage work leaves as messages, see {@link Ready}. Off. */
        public Builder asyncStorageWrites(boolean asyncStorageWrites) {
            this.asyncStorageWrites = asyncStorageWrites;
            return this;
        }

        /** Whether a follower hands proposals to its leader; off: it drops them. On. */
        public Builder proposalForwarding(boolean proposalForwarding) {
            this.proposalForwarding = proposalForwarding;
            return this;
        }

        /** Whether a leader refuses configuration changes that are not valid now. On. */
        public Builder confChangeValidation(boolean confChangeValidation) {
            this.confChangeValidation = confChangeValidation;
            return this;
        }

        /** A leader steps down once its own removal or demotion is applied. Off. */
        public Builder stepDownOnRemoval(boolean stepDownOnRemoval) {
            this.stepDownOnRemoval = stepDownOnRemoval;
            return this;
        }

        /** How reads are made safe. {@link ReadMode#QUORUM}. */
        public Builder readMode(ReadMode readMode) {
            this.readMode = readMode;
            return this;
        }

        /**
         * Whether this node keeps a leader's lease (thesis §6.4.1), see {@link RawNode#lease}: for an election timeout after
         * it has heard a leader, and after its own start, it votes for nobody, itself included, unless that leader hands
         * over. The election timeout must then be the same on all members, and this must be on again whenever the node restarts,
         * or the promise of its last start is broken. Off.
         */
        public Builder leases(boolean leases) {
            this.leases = leases;
            return this;
        }

        /**
         * For running the scripts of the reference implementation, never in a group: three of its faults come back, each found by
         * simulation. A candidate asks for votes before its term and its log are durable, and can so be elected twice in
         * one term, with two logs. Without pre-vote and check-quorum a leader is not told of a higher term by members
         * that do not campaign. And the last voters of a group can be left without the one commit index that makes them
         * a quorum, which only removed members know. Off.
         */
        public Builder faultsOfTheReference(boolean faultsOfTheReference) {
            this.faultsOfTheReference = faultsOfTheReference;
            return this;
        }

        /** Reads that wait for their answer; one more is dropped. 4096. */
        public Builder maxPendingReads(int maxPendingReads) {
            this.maxPendingReads = maxPendingReads;
            return this;
        }

        /** Where all randomness comes from. */
        public Builder seed(long seed) {
            this.seed = seed;
            return this;
        }

        /**
         * The config.
         *
         * @throws IllegalArgumentException where values do not fit together
         */
        public CoreConfig build() {
            require(!id.isEmpty(), "id must not be empty");
            require(!RawNode.isStorageThread(id), "id must not be that of a storage thread: " + id);
            require(heartbeatTicks > 0, "heartbeatTicks must be positive");
            require(electionTicks > heartbeatTicks, "electionTicks must be more than heartbeatTicks");
            require(electionTicks <= MAX_ELECTION_TICKS, "electionTicks must not be more than " + MAX_ELECTION_TICKS);
            require(
                    candidacyDelayTicks >= 0 && candidacyDelayTicks <= MAX_ELECTION_TICKS,
                    "candidacyDelayTicks must be between 0 and " + MAX_ELECTION_TICKS);
            require(candidacyDelayTicks == 0 || preVote, "candidacyDelayTicks needs pre-vote");
            require(maxPendingReads > 0, "maxPendingReads must be positive");
            require(maxInflightMessages > 0, "maxInflightMessages must be positive");
            require(
                    maxMessageBytes >= 0 && maxCommittedBytes >= 0 && maxUncommittedBytes >= 0 && maxInflightBytes >= 0,
                    "a limit must not be negative");
            require(readMode == ReadMode.QUORUM || checkQuorum, "lease reads need check-quorum");
            require(!leases || checkQuorum, "leases need check-quorum");
            return new CoreConfig(this);
        }

        private static void require(boolean valid, String rule) {
            if (!valid) {
                throw new IllegalArgumentException(rule);
            }
        }
    }
}
