package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class RaftNodeBuilderTest {

    @Test
    void whatIsMissingOrContradictoryIsNamed() {
        refused(RaftNode.builder("n1").dataDir(Path.of("x")), "needs members");
        refused(RaftNode.builder("n1").members("n1=localhost:1"), "needs a dataDir");
        refused(RaftNode.builder("n9").dataDir(Path.of("x")).members("n1=localhost:1"), "'n9' is not among members");
        refused(
                RaftNode.builder("n1").dataDir(Path.of("x")).members("n1=localhost:1", "n1=localhost:2"),
                "'n1' is named twice");
        refused(
                RaftNode.builder("n1").dataDir(Path.of("x")).members("n1=localhost:1", "n2=localhost:1"),
                "share an address");
        refused(
                RaftNode.builder("n1")
                        .dataDir(Path.of("x"))
                        .members("n1=localhost:1")
                        .clusterId(" "),
                "clusterId has 1 to 255 characters");
    }

    @Test
    void aMissingTransportNamesTheJarToAdd() {
        refused(
                RaftNode.builder("n1").dataDir(Path.of("x")).members("n1=localhost:1"),
                "no Transport on the class path: add reactor-raft-rsocket");
    }

    @Test
    void aMemberMustBeWrittenOut() {
        for (String wrong :
                new String[] {"n1", "=localhost:1", "n1=localhost", "n1=:7", "n1=localhost:70000", "n1=h:x"}) {
            assertThatIllegalArgumentException()
                    .as(wrong)
                    .isThrownBy(() -> RaftNode.builder("n1").members(wrong));
        }
    }

    private static void refused(RaftNodeBuilder<?, ?> builder, String message) {
        assertThatIllegalArgumentException().isThrownBy(builder::build).withMessageContaining(message);
    }
}
