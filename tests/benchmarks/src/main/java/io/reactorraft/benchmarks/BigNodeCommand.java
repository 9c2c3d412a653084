package io.reactorraft.benchmarks;

import io.reactorraft.RaftConfig;
import io.reactorraft.RaftNode;
import io.reactorraft.RaftNodeBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** As {@link NodeCommand}, with a state outside the heap; {@link BigStateConsole} tells what it understands. */
@Command(name = "big-node", hidden = true, description = "One member with a large state; started by big-state.")
final class BigNodeCommand implements Callable<Integer> {

    /** Less than what is written before anybody joins, so that whoever does is sent a snapshot. */
    private static final int KEEP_ENTRIES = 100;

    @Option(names = "--id", required = true)
    private String id = "";

    @Option(names = "--address", required = true)
    private String address = "";

    @Option(names = "--members", description = "those that start the group; without, it asks to be let in")
    private @Nullable String members;

    @Option(names = "--join", description = "whom it asks")
    private @Nullable String join;

    @Option(names = "--data-dir", required = true)
    private Path dataDir = Path.of("");

    @Option(names = "--size", required = true)
    private int size;

    @Override
    public Integer call() throws IOException {
        BigMachine machine = new BigMachine();
        RaftNodeBuilder<byte[], Long> builder = RaftNode.builder(id, machine)
                .dataDir(dataDir)
                .address(address)
                .config(RaftConfig.defaults().withKeepEntries(KEEP_ENTRIES))
                .clusterId("benchmark");
        if (members != null) {
            builder.members(members.split(",", -1));
        }
        if (join != null) {
            builder.join(join);
        }
        RaftNode<byte[], Long> node = builder.build();
        NodeCommand.run(
                node,
                answers -> new BigStateConsole(
                        node, machine, new NodeConsole(node, () -> 0L, size, answers, Pause.REAL), new byte[size]));
        return 0;
    }
}
