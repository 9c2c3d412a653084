package io.reactorraft.quorum;

import java.util.Comparator;

/**
 * The one order of node ids, used wherever ids are visited, listed or sent to.
 *
 * <p>Shorter ids come first, then the alphabet decides, so that {@code n2} stands before {@code n10}. A fixed order is
 * what makes two runs of the same core with the same seed emit the same messages in the same order.
 */
public enum IdOrder implements Comparator<String> {
    /** Shorter first, then lexicographic. */
    SHORTER_FIRST;

    @Override
    public int compare(String left, String right) {
        int byLength = Integer.compare(left.length(), right.length());
        return byLength != 0 ? byLength : left.compareTo(right);
    }
}
