package io.reactorraft.server.kv;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Finds the watchers under whose prefix a key is, at a cost that does not depend on how many others there are. */
final class PrefixIndex {

    private final Map<ByteString, Set<Watcher>> byPrefix = new HashMap<>();
    private final TreeMap<Integer, Integer> prefixesOfLength = new TreeMap<>();

    boolean isEmpty() {
        return byPrefix.isEmpty();
    }

    void add(Watcher watcher) {
        Set<Watcher> same = byPrefix.get(watcher.prefix());
        if (same == null) {
            same = new LinkedHashSet<>();
            byPrefix.put(watcher.prefix(), same);
            prefixesOfLength.merge(watcher.prefix().size(), 1, Integer::sum);
        }
        same.add(watcher);
    }

    void remove(Watcher watcher) {
        Set<Watcher> same = byPrefix.get(watcher.prefix());
        if (same == null || !same.remove(watcher) || !same.isEmpty()) {
            return;
        }
        byPrefix.remove(watcher.prefix());
        prefixesOfLength.computeIfPresent(
                watcher.prefix().size(), (length, count) -> count == 1 ? null : Integer.valueOf(count - 1));
    }

    /** Those whose prefix the key begins with; a copy. */
    List<Watcher> under(ByteString key) {
        List<Watcher> found = new ArrayList<>();
        for (int length : prefixesOfLength.headMap(key.size(), true).keySet()) {
            Set<Watcher> same = byPrefix.get(key.substring(0, length));
            if (same != null) {
                found.addAll(same);
            }
        }
        return found;
    }

    /** All of them; a copy. */
    List<Watcher> all() {
        List<Watcher> found = new ArrayList<>();
        byPrefix.values().forEach(found::addAll);
        return found;
    }
}
