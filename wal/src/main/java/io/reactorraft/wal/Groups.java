package io.reactorraft.wal;

import io.reactorraft.proto.GroupStart;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The groups of a log, by name and, once one of their records was written, by number.
 *
 * <p>Names may be looked up from any thread; numbers belong to the log's thread.
 */
final class Groups {

    /** How many groups one log takes: each segment repeats them all. */
    static final int MAX_GROUPS = 1_024;

    /** How long a group's id may be, as UTF-8. */
    static final int MAX_ID_BYTES = 255;

    private final long cacheBytes;
    private final Map<String, GroupLog> byName = new ConcurrentHashMap<>();
    private final List<GroupLog> numbered = new ArrayList<>();

    Groups(long cacheBytes) {
        this.cacheBytes = cacheBytes;
    }

    /** The group, made where it is new. */
    GroupLog get(String groupId) {
        GroupLog known = byName.get(groupId);
        if (known != null) {
            return known;
        }
        if (groupId.isEmpty() || groupId.getBytes(StandardCharsets.UTF_8).length > MAX_ID_BYTES) {
            throw new IllegalArgumentException("a group id has 1 to " + MAX_ID_BYTES + " bytes, got '" + groupId + "'");
        }
        if (byName.size() >= MAX_GROUPS) {
            throw new IllegalArgumentException(
                    "group " + groupId + " would be one too many: a log takes " + MAX_GROUPS + " groups");
        }
        return byName.computeIfAbsent(groupId, id -> new GroupLog(id, cacheBytes));
    }

    /** The group; null where nothing is known of it. */
    @Nullable
    GroupLog find(String groupId) {
        return byName.get(groupId);
    }

    /** The group of a number; null where the number was never given. */
    @Nullable
    GroupLog byNumber(int number) {
        return number >= 1 && number <= numbered.size() ? numbered.get(number - 1) : null;
    }

    /** Those with a number, in its order. */
    List<GroupLog> numbered() {
        return numbered;
    }

    /** Gives a group its number. */
    void number(GroupLog group) {
        numbered.add(group);
        group.number(numbered.size());
    }

    /** A group as the disk introduces it; false where its number is not the next one. */
    boolean recover(GroupStart start) {
        if (start.getNumber() != numbered.size() + 1 || byName.containsKey(start.getGroupId())) {
            return false;
        }
        GroupLog group = get(start.getGroupId());
        numbered.add(group);
        group.start(start);
        return true;
    }
}
