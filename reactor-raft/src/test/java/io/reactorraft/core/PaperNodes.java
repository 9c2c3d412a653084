package io.reactorraft.core;

import static io.reactorraft.core.Messages.entries;
import static io.reactorraft.core.Messages.voted;
import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.proto.HardState;
import java.util.List;
import java.util.stream.IntStream;

/** Nodes that do what the paper says and nothing beyond its sections 5 to 8. */
final class PaperNodes {

    static final List<String> THREE = List.of("n1", "n2", "n3");

    private PaperNodes() {}

    /** {@code n1} of so many, with a log of these terms. */
    static TestNode node(int members, long... terms) {
        List<String> voters =
                IntStream.rangeClosed(1, members).mapToObj(i -> "n" + i).toList();
        TestNode node =
                new TestNode("n1", voters, config -> config.preVote(false).checkQuorum(false));
        if (terms.length > 0) {
            node.log().append(entries(1, terms));
            node.log()
                    .hardState(HardState.newBuilder()
                            .setTerm(terms[terms.length - 1])
                            .build());
            node.restart();
        }
        return node;
    }

    static TestNode leader(int members, long... terms) {
        TestNode node = node(members, terms);
        node.raw().campaign();
        node.settle();
        for (int i = 2; i <= members / 2 + 1; i++) {
            node.raw().step(voted("n" + i, "n1", node.raw().term(), true));
        }
        assertThat(node.raw().role()).isEqualTo(RaftRole.LEADER);
        return node;
    }
}
