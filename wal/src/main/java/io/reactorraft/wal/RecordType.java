package io.reactorraft.wal;

import org.jspecify.annotations.Nullable;

/** What a record says. The codes are on disk: a code once used is never used again. */
enum RecordType {
    /** A {@code SegmentStart}: the first record of a segment. */
    SEGMENT_START(1),
    /** A {@code GroupStart}: a group as it stands here. */
    GROUP_START(2),
    /** An {@code Entry}. */
    ENTRY(3),
    /** A {@code Truncation}: entries behind one are gone. */
    TRUNCATE(4),
    /** A {@code HardState}. */
    HARD_STATE(5),
    /** A {@code SnapshotMetadata}. */
    SNAPSHOT_MARK(6);

    private static final @Nullable RecordType[] BY_CODE = new @Nullable RecordType[7];

    static {
        for (RecordType type : values()) {
            BY_CODE[type.code] = type;
        }
    }

    private final byte code;

    RecordType(int code) {
        this.code = (byte) code;
    }

    byte code() {
        return code;
    }

    /** The type of a code; null where no version so far has used it. */
    static @Nullable RecordType of(byte code) {
        return code >= 1 && code < BY_CODE.length ? BY_CODE[code] : null;
    }
}
