package io.reactorraft.server.http;

import io.reactorraft.server.api.Problem;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The entity tags of an {@code If-Match} or {@code If-None-Match} (RFC 9110, 8.8.3 and 13.1). A tag of ours is a revision
 * in quotes; others are well-formed, and match nothing.
 *
 * @param any {@code *}
 * @param strong revisions that were named as they are
 * @param weak revisions that were named behind {@code W/}
 */
record EntityTags(boolean any, Set<Long> strong, Set<Long> weak) {

    /** More tags than any client has use for. */
    static final int MAX_TAGS = 64;

    /** A revision as the tag of a value. */
    static String tag(long revision) {
        return "\"" + revision + "\"";
    }

    /** Reads a header, which may stand on several lines; null where it is not there. */
    static @Nullable EntityTags parse(String header, List<String> lines) {
        if (lines.isEmpty()) {
            return null;
        }
        String text = String.join(",", lines).trim();
        if (text.equals("*")) {
            return new EntityTags(true, Set.of(), Set.of());
        }
        Set<Long> strong = new LinkedHashSet<>();
        Set<Long> weak = new LinkedHashSet<>();
        for (String tag : split(header, text)) {
            boolean isWeak = tag.startsWith("W/");
            Long revision = revision(header, isWeak ? tag.substring(2) : tag);
            if (revision != null) {
                (isWeak ? weak : strong).add(revision);
            }
        }
        return new EntityTags(false, strong, weak);
    }

    /** The tags between the commas; a comma may stand inside the quotes too. */
    private static List<String> split(String header, String text) {
        List<String> tags = new ArrayList<>();
        boolean quoted = false;
        int from = 0;
        for (int at = 0; at <= text.length(); at++) {
            if (at == text.length() || (text.charAt(at) == ',' && !quoted)) {
                String tag = text.substring(from, at).trim();
                from = at + 1;
                if (!tag.isEmpty()) {
                    tags.add(tag);
                }
            } else if (text.charAt(at) == '"') {
                quoted = !quoted;
            }
        }
        if (tags.isEmpty() || tags.size() > MAX_TAGS) {
            throw Problem.invalid(header, "must be * or 1 to " + MAX_TAGS + " tags like \"12\"");
        }
        return tags;
    }

    private static @Nullable Long revision(String header, String tag) {
        if (tag.length() < 2 || !tag.startsWith("\"") || tag.indexOf('"', 1) != tag.length() - 1) {
            throw Problem.invalid(header, "must be * or tags like \"12\", in quotes, got " + tag);
        }
        String content = tag.substring(1, tag.length() - 1);
        boolean ours = !content.isEmpty()
                && content.length() <= 18
                && content.charAt(0) != '0'
                && content.chars().allMatch(c -> c >= '0' && c <= '9');
        return ours ? Long.valueOf(content) : null;
    }

    /** RFC 9110, 8.8.3.2: strong comparison, for {@code If-Match}; a value that is not there matches nothing. */
    boolean matchStrongly(@Nullable Long revision) {
        return revision != null && (any || strong.contains(revision));
    }

    /** Weak comparison, for {@code If-None-Match}. */
    boolean matchWeakly(@Nullable Long revision) {
        return revision != null && (any || strong.contains(revision) || weak.contains(revision));
    }
}
