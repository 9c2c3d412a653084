package io.reactorraft.torture;

import io.reactorraft.torture.WatchLog.Event;
import io.reactorraft.torture.WatchLog.Stretch;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The changes that are known to have happened: those that were acknowledged to whoever made them, and those that any watcher
 * was told of. Every watcher has to have been told of each of them under its prefix, and what it was told has to come to what
 * the store holds. Thread-safe.
 */
final class WatchTruth {
    private final TreeMap<Long, Event> changes = new TreeMap<>();

    /** A write was answered with its revision. */
    void acknowledged(String key, String value, long revision) {
        happened(Event.of(revision, key, value), "an acknowledged write");
    }

    private synchronized void happened(Event event, String told) {
        Event other = changes.putIfAbsent(event.revision(), event);
        if (other != null && !other.equals(event)) {
            throw new ViolationException(
                    "revision " + event.revision() + " is " + event + " to " + told + ", and was " + other);
        }
    }

    /**
     * Holds what watchers were told against what happened, and against what the store holds at the end.
     *
     * @param revision of the whole content
     */
    void judge(Collection<WatchLog> logs, long revision, List<Event> content) {
        for (WatchLog log : logs) {
            log.stretches().forEach(each -> each.events.forEach(event -> happened(event, log.toString())));
        }
        for (WatchLog log : logs) {
            for (Stretch each : log.stretches()) {
                missed(log, each);
            }
            compare(log, revision, content);
        }
    }

    private synchronized void missed(WatchLog log, Stretch stretch) {
        Set<Long> told = new HashSet<>();
        stretch.events.forEach(event -> told.add(event.revision()));
        for (Event event :
                changes.subMap(stretch.after, false, stretch.until, true).values()) {
            if (event.key().startsWith(log.prefix()) && !told.contains(event.revision())) {
                throw new ViolationException(log + " missed " + event + ", between " + stretch.after + " and "
                        + stretch.until + ", of which it was told everything");
            }
        }
        // Each change has a revision of its own: who watches everything sees each number.
        if (log.prefix().isEmpty() && stretch.events.size() != stretch.until - stretch.after) {
            throw new ViolationException(log + " was told of " + stretch.events.size() + " changes between revisions "
                    + stretch.after + " and " + stretch.until);
        }
    }

    private static void compare(WatchLog log, long revision, List<Event> content) {
        List<Stretch> stretches = log.stretches();
        Stretch last = stretches.get(stretches.size() - 1);
        if (last.until < revision) {
            throw new ViolationException(log + " was told of no more than revision " + last.until + " of " + revision);
        }
        Map<String, Event> told = new HashMap<>(last.before);
        for (Event event : last.events) {
            if (event.revision() <= revision && event.value() == null) {
                told.remove(event.key());
            } else if (event.revision() <= revision) {
                told.put(event.key(), event);
            }
        }
        Map<String, Event> there = new HashMap<>();
        content.stream()
                .filter(each -> each.key().startsWith(log.prefix()))
                .forEach(each -> there.put(each.key(), each));
        if (!told.equals(there)) {
            Set<Event> differ = new HashSet<>(told.values());
            there.values().forEach(each -> {
                if (!differ.remove(each)) {
                    differ.add(each);
                }
            });
            throw new ViolationException("what " + log + " was told comes to something else than what is there at "
                    + revision + ": " + differ);
        }
    }
}
