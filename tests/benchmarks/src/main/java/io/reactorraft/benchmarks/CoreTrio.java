package io.reactorraft.benchmarks;

import com.google.protobuf.ByteString;
import io.reactorraft.core.CoreConfig;
import io.reactorraft.core.RaftRole;
import io.reactorraft.core.RawNode;
import io.reactorraft.core.Ready;
import io.reactorraft.core.StepOutcome;
import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.Message;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** Three cores, their disks and their network, all in this thread's memory; the first of them leads. */
final class CoreTrio {

    private static final List<String> IDS = List.of("n1", "n2", "n3");

    private record Core(RawNode node, MeasuredLog log) {}

    private final List<Core> cores = new ArrayList<>();
    private final ArrayDeque<Message> network = new ArrayDeque<>();

    /** With logs of {@code entriesBefore}, all of them committed and applied. */
    CoreTrio(int entriesBefore) {
        ConfState members = ConfState.newBuilder().addAllVoters(IDS).build();
        HardState state =
                HardState.newBuilder().setTerm(1).setCommit(entriesBefore).build();
        List<Entry> before = MeasuredLog.entriesBefore(entriesBefore);
        for (String id : IDS) {
            MeasuredLog log = new MeasuredLog(before);
            CoreConfig config = CoreConfig.builder(id)
                    .asyncStorageWrites(true)
                    .preVote(false)
                    .build();
            cores.add(new Core(new RawNode(config, log, state, members, entriesBefore), log));
        }
        leader().campaign();
        settle();
        if (leader().role() != RaftRole.LEADER || leader().appliedIndex() != entriesBefore + 1L) {
            throw new BenchmarkException("the three cores have not come to life: " + leader().status());
        }
    }

    private RawNode leader() {
        return cores.get(0).node;
    }

    /** Proposes these and goes on until everybody has applied them; the index of the last one. */
    long commit(List<ByteString> commands) {
        if (leader().propose(commands) != StepOutcome.TAKEN) {
            throw new BenchmarkException("the leader has dropped a proposal: " + leader().status());
        }
        long last = leader().lastIndex();
        settle();
        for (Core core : cores) {
            if (core.node.appliedIndex() != last) {
                throw new BenchmarkException("not applied everywhere: " + core.node.status());
            }
        }
        return last;
    }

    private void settle() {
        boolean moved;
        do {
            moved = false;
            for (Core core : cores) {
                while (core.node.hasReady()) {
                    carryOut(core, core.node.ready());
                    moved = true;
                }
            }
            for (Message message = network.poll(); message != null; message = network.poll()) {
                cores.get(IDS.indexOf(message.getTo())).node.step(message);
                moved = true;
            }
        } while (moved);
    }

    private void carryOut(Core core, Ready ready) {
        for (Message message : ready.messages()) {
            switch (message.getTo()) {
                case RawNode.APPEND_THREAD -> {
                    core.log.append(message.getEntriesList());
                    respond(core, message);
                }
                case RawNode.APPLY_THREAD -> respond(core, message);
                default -> network.add(message);
            }
        }
    }

    private void respond(Core core, Message work) {
        String self = IDS.get(cores.indexOf(core));
        for (Message response : work.getResponsesList()) {
            if (response.getTo().equals(self)) {
                core.node.step(response);
            } else {
                network.add(response);
            }
        }
    }
}
