package io.reactorraft.server.kv;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * An immutable map from bytes to values, in the order of unsigned bytes; a change answers a new tree that shares all but
 * the path to the key. That makes a snapshot of the whole store a reference, taken in no time on the apply thread while
 * changes go on.
 *
 * <p>Balanced by weight (Adams, with the parameters 3 and 2 that Hirai and Yamamoto proved to be right). Safe on any
 * thread. Keys are shared, not copied: nobody may change them.
 */
final class SortedTree<V> {

    /** A subtree may weigh at most this many times its sibling. */
    private static final int MAX_RATIO = 3;

    /** A single rotation will do while the inner grandchild weighs less than this many times the outer one. */
    private static final int SINGLE_ROTATION_RATIO = 2;

    private static final SortedTree<?> EMPTY = new SortedTree<>(null);

    private final @Nullable Node<V> root;

    private SortedTree(@Nullable Node<V> root) {
        this.root = root;
    }

    @SuppressWarnings("unchecked") // holds no value, so it is a tree of any type
    static <V> SortedTree<V> empty() {
        return (SortedTree<V>) EMPTY;
    }

    int size() {
        return size(root);
    }

    @Nullable
    V get(byte[] key) {
        Node<V> node = root;
        while (node != null) {
            int order = Arrays.compareUnsigned(key, node.key);
            if (order == 0) {
                return node.value;
            }
            node = order < 0 ? node.left : node.right;
        }
        return null;
    }

    /** This tree with the key set to the value. */
    SortedTree<V> with(byte[] key, V value) {
        return new SortedTree<>(insert(root, key, value));
    }

    /** This tree without the key; this very tree where it has none. */
    SortedTree<V> without(byte[] key) {
        return get(key) == null ? this : new SortedTree<>(delete(root, key));
    }

    /** All entries in the order of their keys. */
    Iterator<Node<V>> ascending() {
        return new Ascending<>(root);
    }

    /** Those from this key on, itself included, in the order of their keys. */
    Iterator<Node<V>> ascendingFrom(byte[] key) {
        return new Ascending<>(root, key);
    }

    /** The longest way from the root to a leaf; for tests of the balance. */
    int height() {
        return height(root);
    }

    private static int height(@Nullable Node<?> node) {
        return node == null ? 0 : 1 + Math.max(height(node.left), height(node.right));
    }

    private static int size(@Nullable Node<?> node) {
        return node == null ? 0 : node.size;
    }

    private static <V> Node<V> insert(@Nullable Node<V> node, byte[] key, V value) {
        if (node == null) {
            return new Node<>(key, value, null, null);
        }
        int order = Arrays.compareUnsigned(key, node.key);
        if (order == 0) {
            return new Node<>(node.key, value, node.left, node.right);
        }
        return order < 0
                ? balanced(node, insert(node.left, key, value), node.right)
                : balanced(node, node.left, insert(node.right, key, value));
    }

    private static <V> @Nullable Node<V> delete(@Nullable Node<V> node, byte[] key) {
        if (node == null) {
            return null;
        }
        int order = Arrays.compareUnsigned(key, node.key);
        if (order < 0) {
            return balanced(node, delete(node.left, key), node.right);
        }
        if (order > 0) {
            return balanced(node, node.left, delete(node.right, key));
        }
        return joined(node.left, node.right);
    }

    /** Both subtrees under the entry next to where they meet, taken from the heavier one. */
    private static <V> @Nullable Node<V> joined(@Nullable Node<V> left, @Nullable Node<V> right) {
        if (left == null || right == null) {
            return left == null ? right : left;
        }
        if (left.size > right.size) {
            Node<V> last = left;
            for (Node<V> next = last.right; next != null; next = next.right) {
                last = next;
            }
            return balanced(last, delete(left, last.key), right);
        }
        Node<V> first = right;
        for (Node<V> next = first.left; next != null; next = next.left) {
            first = next;
        }
        return balanced(first, left, delete(right, first.key));
    }

    /** The entry of {@code at} over two subtrees of which one may be one entry out of balance. */
    private static <V> Node<V> balanced(Node<V> at, @Nullable Node<V> left, @Nullable Node<V> right) {
        if (right != null && tooHeavy(right, left)) {
            Node<V> inner = right.left;
            if (inner == null || weight(inner) < SINGLE_ROTATION_RATIO * weight(right.right)) {
                return node(right, node(at, left, inner), right.right);
            }
            return node(inner, node(at, left, inner.left), node(right, inner.right, right.right));
        }
        if (left != null && tooHeavy(left, right)) {
            Node<V> inner = left.right;
            if (inner == null || weight(inner) < SINGLE_ROTATION_RATIO * weight(left.left)) {
                return node(left, left.left, node(at, inner, right));
            }
            return node(inner, node(left, left.left, inner.left), node(at, inner.right, right));
        }
        return node(at, left, right);
    }

    private static boolean tooHeavy(@Nullable Node<?> one, @Nullable Node<?> other) {
        return weight(one) > MAX_RATIO * weight(other);
    }

    private static long weight(@Nullable Node<?> node) {
        return size(node) + 1L;
    }

    private static <V> Node<V> node(Node<V> at, @Nullable Node<V> left, @Nullable Node<V> right) {
        return new Node<>(at.key, at.value, left, right);
    }

    /** An entry and the subtrees below it. */
    static final class Node<V> {
        private final byte[] key;
        private final V value;
        private final int size;
        private final @Nullable Node<V> left;
        private final @Nullable Node<V> right;

        private Node(byte[] key, V value, @Nullable Node<V> left, @Nullable Node<V> right) {
            this.key = key;
            this.value = value;
            this.left = left;
            this.right = right;
            this.size = Math.addExact(1, Math.addExact(SortedTree.size(left), SortedTree.size(right)));
        }

        byte[] key() {
            return key;
        }

        V value() {
            return value;
        }
    }

    /** Walks one tree once; the stack is as deep as the tree. */
    private static final class Ascending<V> implements Iterator<Node<V>> {
        private final Deque<Node<V>> path = new ArrayDeque<>();

        Ascending(@Nullable Node<V> root) {
            descend(root);
        }

        /** On the way to the key, whatever is not below it is still to come. */
        Ascending(@Nullable Node<V> root, byte[] from) {
            Node<V> node = root;
            while (node != null) {
                if (Arrays.compareUnsigned(node.key, from) >= 0) {
                    path.push(node);
                    node = node.left;
                } else {
                    node = node.right;
                }
            }
        }

        private void descend(@Nullable Node<V> from) {
            for (Node<V> node = from; node != null; node = node.left) {
                path.push(node);
            }
        }

        @Override
        public boolean hasNext() {
            return !path.isEmpty();
        }

        @Override
        public Node<V> next() {
            if (path.isEmpty()) {
                throw new NoSuchElementException("the tree is walked");
            }
            Node<V> node = path.pop();
            descend(node.right);
            return node;
        }
    }
}
