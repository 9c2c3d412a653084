package io.reactorraft.server.kv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SortedTreeTest {

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void behavesAsTheJdksTreeDoesUnderAnyChanges(long seed) {
        Random random = new Random(seed);
        TreeMap<byte[], Integer> expected = new TreeMap<>(Arrays::compareUnsigned);
        SortedTree<Integer> tree = SortedTree.empty();
        for (int step = 0; step < 4000; step++) {
            byte[] key = new byte[1 + random.nextInt(2)];
            random.nextBytes(key);
            if (random.nextInt(3) > 0) {
                tree = tree.with(key, step);
                expected.put(key, step);
            } else {
                tree = tree.without(key);
                expected.remove(key);
            }
            assertThat(tree.get(key)).as("step %d", step).isEqualTo(expected.get(key));
        }
        assertThat(tree.size()).isEqualTo(expected.size());
        assertThat(entries(tree)).isEqualTo(entries(expected));
    }

    @Test
    void staysShallowWhenKeysComeInOrderAndGoInOrder() {
        SortedTree<Integer> tree = SortedTree.empty();
        for (int key = 0; key < 20_000; key++) {
            tree = tree.with(key(key), key);
        }
        assertThat(tree.height()).as("height of 20,000 keys").isLessThanOrEqualTo(24);
        for (int key = 0; key < 19_000; key++) {
            tree = tree.without(key(key));
        }
        assertThat(tree.size()).isEqualTo(1000);
        assertThat(tree.height()).as("height of 1,000 keys").isLessThanOrEqualTo(16);
    }

    @Test
    void aChangeLeavesEarlierTreesAsTheyWere() {
        SortedTree<Integer> one = SortedTree.<Integer>empty().with(key(1), 1);
        SortedTree<Integer> two = one.with(key(2), 2).with(key(1), 10);
        SortedTree<Integer> none = one.without(key(1));

        assertThat(one.get(key(1))).isEqualTo(1);
        assertThat(one.get(key(2))).isNull();
        assertThat(two.get(key(1))).isEqualTo(10);
        assertThat(none.size()).isZero();
    }

    @Test
    void removingWhatIsNotThereChangesNothing() {
        SortedTree<Integer> one = SortedTree.<Integer>empty().with(key(1), 1);
        assertThat(one.without(key(2))).isSameAs(one);
    }

    @Test
    void keysAreOrderedByUnsignedBytes() {
        SortedTree<Integer> tree =
                SortedTree.<Integer>empty().with(new byte[] {(byte) 0xFF}, 2).with(new byte[] {0x01}, 1);
        assertThat(entries(tree)).containsExactly("[1]=1", "[-1]=2");
    }

    @Test
    void aWalkEnds() {
        Iterator<SortedTree.Node<Integer>> walk = SortedTree.<Integer>empty().ascending();
        assertThat(walk.hasNext()).isFalse();
        assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(walk::next);
    }

    private static byte[] key(int number) {
        return String.format("%06d", number).getBytes(StandardCharsets.UTF_8);
    }

    private static List<String> entries(SortedTree<Integer> tree) {
        List<String> entries = new ArrayList<>();
        tree.ascending().forEachRemaining(node -> entries.add(Arrays.toString(node.key()) + "=" + node.value()));
        return entries;
    }

    private static List<String> entries(Map<byte[], Integer> map) {
        List<String> entries = new ArrayList<>();
        map.forEach((key, value) -> entries.add(Arrays.toString(key) + "=" + value));
        return entries;
    }
}
