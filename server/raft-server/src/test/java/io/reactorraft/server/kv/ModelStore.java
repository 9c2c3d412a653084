package io.reactorraft.server.kv;

import com.google.protobuf.ByteString;
import io.reactorraft.server.kv.proto.Command;
import io.reactorraft.server.kv.proto.Result;
import io.reactorraft.server.kv.proto.Result.Outcome;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What the store should be, as simply as it can be said: a whole map for every revision, nothing shared, nothing fast. */
final class ModelStore {

    record Value(String text, long revision) {}

    private record First(Command command, Result result, long time) {}

    private final List<SortedMap<String, Value>> revisions = new ArrayList<>(List.of(new TreeMap<>()));
    private final List<Change> changes = new ArrayList<>();
    private final Map<ByteString, First> remembered = new HashMap<>();
    private long forgotten = -1;
    long quota = StoreSettings.AT_FIRST.getQuotaBytes();
    long history = StoreSettings.AT_FIRST.getHistory();
    long window = StoreSettings.AT_FIRST.getIdempotencyWindowMillis();
    private long compacted;

    long revision() {
        return revisions.size() - 1L;
    }

    long compacted() {
        return compacted;
    }

    SortedMap<String, Value> at(long revision) {
        return revisions.get((int) revision);
    }

    /** The changes from this revision on, under a prefix. */
    List<Change> changes(String prefix, long from) {
        return changes.subList((int) from - 1, changes.size()).stream()
                .filter(change -> change.key().toStringUtf8().startsWith(prefix))
                .toList();
    }

    long bytes() {
        return at(revision()).entrySet().stream()
                .mapToLong(entry ->
                        64 + entry.getKey().length() + entry.getValue().text().length())
                .sum();
    }

    Result apply(Command command, long term, long index, long now) {
        forget(now);
        ByteString key = command.getIdempotencyKey();
        if (key.isEmpty()) {
            return change(command, term, index);
        }
        First first = remembered.get(key);
        if (first != null) {
            boolean same = first.command().equals(command);
            return same ? first.result() : outcome(Outcome.IDEMPOTENCY_KEY_REUSED);
        }
        long made = IdempotencyKey.timeMillis(key);
        if (made >= 0 && (made < now - window || made <= forgotten)) {
            return outcome(Outcome.IDEMPOTENCY_KEY_EXPIRED);
        }
        if (made > now + window) {
            return outcome(Outcome.IDEMPOTENCY_KEY_AHEAD);
        }
        if (remembered.size() >= quota / 1024) {
            return outcome(Outcome.IDEMPOTENCY_TABLE_FULL);
        }
        Result result = change(command, term, index);
        if (result.getOutcome() != Outcome.OVER_QUOTA) {
            remembered.put(key, new First(command, result, Math.max(now, made)));
        }
        return result;
    }

    void forget(long now) {
        remembered.values().removeIf(first -> {
            boolean over = first.time() < now - window;
            forgotten = over ? Math.max(forgotten, first.time()) : forgotten;
            return over;
        });
    }

    private Result change(Command command, long term, long index) {
        String key = (command.hasPut()
                        ? command.getPut().getKey()
                        : command.getDelete().getKey())
                .toStringUtf8();
        Value current = at(revision()).get(key);
        if (!holds(command, current)) {
            return outcome(Outcome.CONDITION_FAILED).toBuilder()
                    .setRevision(current == null ? 0 : current.revision())
                    .build();
        }
        SortedMap<String, Value> next = new TreeMap<>(at(revision()));
        int deleted = 0;
        if (command.hasPut()) {
            String text = command.getPut().getValue().toStringUtf8();
            long before =
                    current == null ? 0 : 64 + key.length() + current.text().length();
            long growth = 64 + key.length() + text.length() - before;
            if (growth > 0 && bytes() + growth > quota) {
                return outcome(Outcome.OVER_QUOTA);
            }
            next.put(key, new Value(text, revision() + 1));
            made(next, key, command.getPut().getValue());
        } else if (current != null) {
            next.remove(key);
            made(next, key, null);
            deleted = 1;
        }
        return Result.newBuilder()
                .setRevision(revision())
                .setDeleted(deleted)
                .setTerm(term)
                .setIndex(index)
                .build();
    }

    private void made(SortedMap<String, Value> next, String key, @Nullable ByteString value) {
        revisions.add(next);
        changes.add(new Change(
                revision(), ByteString.copyFromUtf8(key), value == null ? null : new Versioned(value, revision())));
        compact();
    }

    /** The rule of the history: so many changes, of at most a quarter of the quota. */
    void compact() {
        while (revision() - compacted > history || keptBytes() > quota / 4) {
            compacted++;
        }
    }

    private long keptBytes() {
        return changes.subList((int) compacted, changes.size()).stream()
                .mapToLong(Change::weight)
                .sum();
    }

    private static boolean holds(Command command, @Nullable Value current) {
        return switch (command.getCondition().getKind()) {
            case NONE -> true;
            case ABSENT -> current == null;
            case PRESENT -> current != null;
            default ->
                current != null && command.getCondition().getRevisionsList().contains(current.revision());
        };
    }

    private static Result outcome(Outcome outcome) {
        return Result.newBuilder().setOutcome(outcome).build();
    }
}
