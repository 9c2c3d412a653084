package io.reactorraft.torture;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A change of the members that is asked for.
 *
 * @param subject whom it is about; empty: all
 * @param question null: the node itself asks to be let in
 * @param after the members once it is done: whether each is a learner, by id
 */
record Change(Kind kind, String subject, MemberClient.@Nullable Question question, SortedMap<String, Boolean> after) {

    enum Kind {
        ADD,
        JOIN,
        REMOVE,
        DEMOTE,
        PROMOTE,
        REPLACE,
        RECONCILE,
        TRANSFER;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    Change {
        after = Collections.unmodifiableSortedMap(new TreeMap<>(after));
    }

    static Change add(SortedMap<String, Boolean> now, String id, String address, boolean learner) {
        return put(now.containsKey(id) ? Kind.DEMOTE : Kind.ADD, now, id, address, learner);
    }

    private static Change put(Kind kind, SortedMap<String, Boolean> now, String id, String address, boolean learner) {
        return new Change(
                kind,
                id,
                new MemberClient.Question("POST", "/v1/members", json(id, address, learner)),
                with(now, id, learner));
    }

    static Change join(SortedMap<String, Boolean> now, String id, boolean learner) {
        return new Change(Kind.JOIN, id, null, with(now, id, learner));
    }

    static Change promote(SortedMap<String, Boolean> now, String id) {
        return new Change(Kind.PROMOTE, id, post(id, "promote", ""), with(now, id, false));
    }

    /** @param dataId null: whichever it has */
    static Change remove(SortedMap<String, Boolean> now, String id, @Nullable String dataId) {
        SortedMap<String, Boolean> after = new TreeMap<>(now);
        after.remove(id);
        String path = "/v1/members/" + id + (dataId == null ? "" : "?dataId=" + dataId);
        return new Change(Kind.REMOVE, id, new MemberClient.Question("DELETE", path, ""), after);
    }

    /** @param dataId null: whichever it has */
    static Change replace(SortedMap<String, Boolean> now, String id, @Nullable String dataId) {
        String body = dataId == null ? "" : "{\"dataId\":\"" + dataId + "\"}";
        return new Change(Kind.REPLACE, id, post(id, "replace", body), now);
    }

    static Change transfer(SortedMap<String, Boolean> now, String id) {
        return new Change(
                Kind.TRANSFER,
                id,
                new MemberClient.Question("POST", "/v1/leadership/transfer", "{\"to\":\"" + id + "\"}"),
                now);
    }

    static Change reconcile(List<String> ids, UnaryOperator<String> address) {
        SortedMap<String, Boolean> after = new TreeMap<>();
        List<String> members = new ArrayList<>();
        ids.forEach(id -> {
            after.put(id, false);
            members.add(json(id, address.apply(id), false));
        });
        String body = members.stream().collect(Collectors.joining(",", "[", "]"));
        return new Change(Kind.RECONCILE, "", new MemberClient.Question("PUT", "/v1/members", body), after);
    }

    private static MemberClient.Question post(String id, String what, String body) {
        return new MemberClient.Question("POST", "/v1/members/" + id + "/" + what, body);
    }

    private static String json(String id, String address, boolean learner) {
        return "{\"id\":\"" + id + "\",\"address\":\"" + address + "\",\"learner\":" + learner + "}";
    }

    private static SortedMap<String, Boolean> with(SortedMap<String, Boolean> now, String id, boolean learner) {
        SortedMap<String, Boolean> after = new TreeMap<>(now);
        after.put(id, learner);
        return after;
    }

    /** Who is no member any more. */
    TreeSet<String> leaving(Map<String, Boolean> now) {
        TreeSet<String> leaving = new TreeSet<>(now.keySet());
        leaving.removeAll(after.keySet());
        return leaving;
    }

    @Override
    public String toString() {
        return kind + (subject.isEmpty() ? "" : " " + subject) + " for " + show(after);
    }

    /** Learners in brackets. */
    static String show(Map<String, Boolean> members) {
        return members.entrySet().stream()
                .map(each -> each.getValue() ? "(" + each.getKey() + ")" : each.getKey())
                .collect(Collectors.joining(" "));
    }
}
