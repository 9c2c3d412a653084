package io.reactorraft.server.kv;

import io.reactorraft.server.kv.proto.Settings;
import io.reactorraft.server.kv.proto.SettingsChange;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The numbers that applying depends on, as entries of the log set them; alike on every replica. What they lead to is
 * part of the rules: never change a constant here without a new version of them.
 */
public final class StoreSettings {

    /** The highest version of the rules that this code knows. */
    public static final int HIGHEST_VERSION = 1;

    /** What holds until an entry says otherwise. */
    public static final Settings AT_FIRST = Settings.newBuilder()
            .setVersion(1)
            .setQuotaBytes(256L << 20)
            .setHistory(50_000)
            .setIdempotencyWindowMillis(Duration.ofMinutes(10).toMillis())
            .build();

    private static final long LEAST_QUOTA = 1L << 20;
    private static final long LARGEST_QUOTA = 1L << 40;
    private static final long LEAST_HISTORY = 1_000;
    private static final long LARGEST_HISTORY = 10_000_000;
    private static final Duration LEAST_WINDOW = Duration.ofSeconds(1);
    private static final Duration LARGEST_WINDOW = Duration.ofHours(24);

    /** The history takes a quarter of the quota, on top of it. */
    private static final int QUOTA_TO_HISTORY = 4;

    /** For each KiB of quota one result is remembered. */
    private static final int QUOTA_TO_REMEMBERED = 1024;

    private StoreSettings() {}

    /** Why something cannot be set. */
    public record Refusal(String field, String detail) {}

    /** What is wrong with the change, if these settings hold; null: nothing. */
    public static @Nullable Refusal refusal(Settings current, SettingsChange change) {
        if (change.hasVersion()
                && (change.getVersion() < current.getVersion() || change.getVersion() > HIGHEST_VERSION)) {
            return new Refusal(
                    "version",
                    "it is " + current.getVersion() + ", only rises, and this version of the server knows "
                            + HIGHEST_VERSION);
        }
        if (change.hasQuotaBytes() && isOutside(change.getQuotaBytes(), LEAST_QUOTA, LARGEST_QUOTA)) {
            return new Refusal("quota", "must be 1MiB to 1TiB");
        }
        if (change.hasHistory() && isOutside(change.getHistory(), LEAST_HISTORY, LARGEST_HISTORY)) {
            return new Refusal("history", "must be " + LEAST_HISTORY + " to " + LARGEST_HISTORY + " revisions");
        }
        if (change.hasIdempotencyWindowMillis()
                && isOutside(change.getIdempotencyWindowMillis(), LEAST_WINDOW.toMillis(), LARGEST_WINDOW.toMillis())) {
            return new Refusal("idempotencyWindow", "must be 1s to 24h");
        }
        return null;
    }

    private static boolean isOutside(long value, long least, long largest) {
        return value < least || value > largest;
    }

    static Settings changed(Settings current, SettingsChange change) {
        Settings.Builder changed = current.toBuilder();
        if (change.hasVersion()) {
            changed.setVersion(change.getVersion());
        }
        if (change.hasQuotaBytes()) {
            changed.setQuotaBytes(change.getQuotaBytes());
        }
        if (change.hasHistory()) {
            changed.setHistory(change.getHistory());
        }
        if (change.hasIdempotencyWindowMillis()) {
            changed.setIdempotencyWindowMillis(change.getIdempotencyWindowMillis());
        }
        if (change.hasLeaseReads()) {
            changed.setLeaseReads(change.getLeaseReads());
        }
        return changed.build();
    }

    static long maxHistoryBytes(Settings settings) {
        return settings.getQuotaBytes() / QUOTA_TO_HISTORY;
    }

    static long maxRemembered(Settings settings) {
        return settings.getQuotaBytes() / QUOTA_TO_REMEMBERED;
    }
}
