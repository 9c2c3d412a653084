package io.reactorraft.torture;

import java.io.IOException;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The nodes of a run, and what is expected of each process: members run, whoever is removed ends with the exit code for that,
 * and nobody else with it. Used on one thread, but for {@link #urls}.
 */
final class Crew {
    /** Removed, or without its disk: no restart helps. */
    static final int HOPELESS = 4;

    /** Nobody let it in for a while. */
    private static final int NOT_LET_IN = 1;

    private static final Set<Duty> NO_PROCESS = EnumSet.of(Duty.SPARE, Duty.DOWN, Duty.GONE);
    private static final Set<Duty> ASKING = EnumSet.of(Duty.COMING, Duty.UNWANTED);
    private static final Set<Duty> ENDING = EnumSet.of(Duty.LEAVING, Duty.UNWANTED);

    private final Map<ServerNode, Duty> duties = new LinkedHashMap<>();
    private volatile List<String> urls = List.of();

    /** What is expected of a node. */
    enum Duty {
        /** It is not started. */
        SPARE,
        /** It asks to be let in, and may give up. */
        COMING,
        /** It runs. */
        MEMBER,
        /** It was killed, and stays so for now. */
        DOWN,
        /** It asks to be let in, which nobody may do: it ends. */
        UNWANTED,
        /** It runs, and may end, because it may have been removed. */
        LEAVING,
        /** It was removed, and has ended. */
        GONE
    }

    Crew(List<ServerNode> nodes) {
        nodes.forEach(node -> duties.put(node, Duty.SPARE));
    }

    List<ServerNode> all() {
        return List.copyOf(duties.keySet());
    }

    ServerNode node(String id) {
        return duties.keySet().stream()
                .filter(node -> node.id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    Duty duty(String id) {
        return duties.getOrDefault(node(id), Duty.SPARE);
    }

    void duty(String id, Duty duty) {
        duties.put(node(id), duty);
        urls = of(EnumSet.of(Duty.MEMBER, Duty.COMING, Duty.LEAVING)).stream()
                .map(ServerNode::url)
                .toList();
    }

    /** Those of which that is expected. */
    List<ServerNode> of(Set<Duty> expected) {
        return all().stream().filter(node -> expected.contains(duty(node.id()))).toList();
    }

    /** Those whose processes run. */
    List<ServerNode> alive() {
        return all().stream().filter(ServerNode::isAlive).toList();
    }

    /** Where clients may ask. Any thread. */
    List<String> urls() {
        return urls;
    }

    /** Starts those that are to run, and waits until they are ready. */
    void start(List<ServerNode> nodes) throws IOException, InterruptedException {
        for (ServerNode each : nodes) {
            each.start();
        }
        for (ServerNode each : nodes) {
            each.awaitReady(duty(each.id()) != Duty.MEMBER);
        }
    }

    /** Whether everybody is as is expected; who gave up asking to be let in asks again. */
    void check() throws IOException {
        for (ServerNode node : all()) {
            Duty duty = duty(node.id());
            if (node.isAlive() || NO_PROCESS.contains(duty)) {
                continue;
            }
            if (ASKING.contains(duty) && node.exitCode() == NOT_LET_IN) {
                node.start();
            } else if (ENDING.contains(duty) && node.exitCode() == HOPELESS) {
                duty(node.id(), Duty.GONE);
            } else {
                throw node.ended();
            }
        }
    }
}
