package io.reactorraft;

import io.reactorraft.proto.GroupSettings;
import java.time.Duration;

/**
 * What all members of a group must agree on, because what they apply depends on it: replicated by an entry of the log,
 * never a node's own flags. A leader whose configuration says otherwise proposes its own.
 */
record SharedSettings(boolean leaseReads, Duration sessionTimeout, int maxSessions) {

    private static final String LEASE_READS = "leaseReads";
    private static final String SESSION_TIMEOUT = "sessionTimeoutMillis";
    private static final String MAX_SESSIONS = "maxSessions";

    /** What holds until an entry says otherwise; part of the format: never change it. */
    static final SharedSettings AT_FIRST = new SharedSettings(false, Duration.ofMinutes(10), 10_000);

    static SharedSettings of(RaftConfig config) {
        return new SharedSettings(
                config.leaseReads(), Duration.ofMillis(config.sessionTimeout().toMillis()), config.maxSessions());
    }

    /** These, with those changed that the entry sets. Unknown or unreadable values change nothing, alike everywhere. */
    SharedSettings changedBy(GroupSettings change) {
        String lease = change.getValuesOrDefault(LEASE_READS, String.valueOf(leaseReads));
        return new SharedSettings(
                Boolean.parseBoolean(lease),
                Duration.ofMillis(number(change, SESSION_TIMEOUT, sessionTimeout.toMillis())),
                Math.toIntExact(Math.min(Integer.MAX_VALUE, number(change, MAX_SESSIONS, maxSessions))));
    }

    private static long number(GroupSettings change, String key, long otherwise) {
        String value = change.getValuesOrDefault(key, "");
        if (value.isEmpty() || value.length() > 18 || !value.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return otherwise;
        }
        return Long.parseLong(value);
    }

    GroupSettings toProto() {
        return GroupSettings.newBuilder()
                .putValues(LEASE_READS, String.valueOf(leaseReads))
                .putValues(SESSION_TIMEOUT, String.valueOf(sessionTimeout.toMillis()))
                .putValues(MAX_SESSIONS, String.valueOf(maxSessions))
                .build();
    }
}
