package io.reactorraft.torture;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What one watcher was told of the keys under its prefix, over all its streams: each line as it comes, so that what comes
 * twice or out of order is a {@link ViolationException} at once. What is missing shows at the end, in {@link WatchTruth}.
 * Thread-safe.
 */
final class WatchLog {
    /** Larger values are remembered by what they hash to. */
    private static final int LONGEST_VALUE = 64;

    private static final Pattern TEXT = Pattern.compile("\"(key|value)\":\"([^\"]*)\"");
    private static final Pattern REVISION = Pattern.compile("\"revision\":(\\d+)");
    private static final Pattern RESUME = Pattern.compile("\"resume\":(\\d+)");

    private final String name;
    private final String prefix;
    private final List<Stretch> stretches = new ArrayList<>();
    private @Nullable String id;
    private @Nullable String type;
    private @Nullable String data;

    /** A change; value null: it was deleted. */
    record Event(long revision, String key, @Nullable String value) {

        static Event of(long revision, String key, @Nullable String value) {
            return new Event(revision, key, shortened(value));
        }

        /** As a stream or a range has it. */
        static Event parse(String json) {
            String key = null;
            String value = null;
            for (Matcher field = TEXT.matcher(json); field.find(); ) {
                if (field.group(1).equals("key")) {
                    key = field.group(2);
                } else {
                    value = new String(Base64.getDecoder().decode(field.group(2)), StandardCharsets.UTF_8);
                }
            }
            Matcher revision = REVISION.matcher(json);
            if (key == null || !revision.find()) {
                throw new ViolationException("this is no entry: " + json);
            }
            return of(Long.parseLong(revision.group(1)), key, value);
        }

        private static @Nullable String shortened(@Nullable String value) {
            return value == null || value.length() <= LONGEST_VALUE
                    ? value
                    : "#" + Integer.toHexString(value.hashCode()) + "/" + value.length();
        }
    }

    /** What was told without a gap: from a state that was known in full, up to and with {@link #until}. */
    static final class Stretch {
        final Map<String, Event> before;
        final long after;
        final List<Event> events = new ArrayList<>();
        long until;

        Stretch(Map<String, Event> before, long after) {
            this.before = before;
            this.after = after;
            this.until = after;
        }
    }

    /** Of an empty store, from its first change on. */
    WatchLog(String name, String prefix) {
        this.name = name;
        this.prefix = prefix;
        stretches.add(new Stretch(Map.of(), 0));
    }

    String prefix() {
        return prefix;
    }

    /** Up to where it was told everything. */
    synchronized long until() {
        return now().until;
    }

    /** Changes it was told of. */
    synchronized long events() {
        return stretches.stream().mapToLong(each -> each.events.size()).sum();
    }

    synchronized List<Stretch> stretches() {
        return List.copyOf(stretches);
    }

    /** What it had not been told yet is forgotten by the store: it begins again, with all entries at that revision. */
    synchronized void restart(long revision, List<Event> entries) {
        if (revision < now().until) {
            throw new ViolationException(name + " was told of revision " + now().until
                    + ", and a range that was read afterwards is of " + revision);
        }
        Map<String, Event> before = new HashMap<>();
        entries.forEach(each -> before.put(each.key(), each));
        stretches.add(new Stretch(before, revision));
    }

    /** A stream begins: what the last one left unfinished counts for nothing. */
    synchronized void opened() {
        id = null;
        type = null;
        data = null;
    }

    /** A line of a stream; false: it is the end of it, go on with another one. */
    synchronized boolean line(String line) {
        if (line.startsWith("id:")) {
            id = line.substring(3).strip();
        } else if (line.startsWith("event:")) {
            type = line.substring(6).strip();
        } else if (line.startsWith("data:")) {
            data = line.substring(5).strip();
        } else if (line.isEmpty() && (id != null || data != null)) {
            String eventId = id;
            String eventType = type;
            String eventData = data;
            opened();
            return event(eventId, eventType, eventData);
        }
        return true;
    }

    private boolean event(@Nullable String eventId, @Nullable String eventType, @Nullable String eventData) {
        Stretch now = now();
        if ("lagged".equals(eventType)) {
            Matcher resume = RESUME.matcher(String.valueOf(eventData));
            if (!resume.find() || Long.parseLong(resume.group(1)) <= now.until) {
                throw new ViolationException(
                        name + " was told of everything up to " + now.until + ", and is to resume: " + eventData);
            }
            now.until = Long.parseLong(resume.group(1)) - 1;
            return false;
        }
        if (eventId == null) {
            throw new ViolationException(name + " got an event without an id: " + eventType + " " + eventData);
        }
        long revision = Long.parseLong(eventId);
        if (eventData == null) {
            if (revision < now.until) {
                throw new ViolationException(
                        name + " was told of revision " + now.until + ", and then that all is known up to " + revision);
            }
        } else {
            change(now, revision, String.valueOf(eventType), Event.parse(eventData));
        }
        now.until = revision;
        return true;
    }

    private void change(Stretch now, long revision, String eventType, Event event) {
        if (revision <= now.until) {
            throw new ViolationException(name + " was told of everything up to " + now.until + ", and then of revision "
                    + revision + ": twice, or out of order: " + event);
        }
        boolean isDelete = event.value() == null;
        if (event.revision() != revision
                || !event.key().startsWith(prefix)
                || !eventType.equals(isDelete ? "delete" : "put")) {
            throw new ViolationException(
                    name + " got an event that nobody may get: id " + revision + ", " + eventType + ", " + event);
        }
        now.events.add(event);
    }

    private Stretch now() {
        return stretches.get(stretches.size() - 1);
    }

    /** All that it was told, for people. */
    synchronized String story() {
        StringBuilder story = new StringBuilder();
        for (Stretch each : stretches) {
            story.append(name)
                    .append(" after ")
                    .append(each.after)
                    .append(", to ")
                    .append(each.until)
                    .append('\n');
            each.events.forEach(event -> story.append(event).append('\n'));
        }
        return story.toString();
    }

    @Override
    public String toString() {
        return name;
    }
}
