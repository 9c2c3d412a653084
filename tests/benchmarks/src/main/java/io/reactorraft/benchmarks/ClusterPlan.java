package io.reactorraft.benchmarks;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What a measured cluster consists of.
 *
 * @param ports one for each node, on the loopback address
 * @param directory holds the nodes' data and logs
 * @param jvmFlags added to those that every node gets
 * @param payloadBytes of one command
 */
record ClusterPlan(List<Integer> ports, Path directory, List<String> jvmFlags, int payloadBytes) {

    /** As the yardstick gives its peers, so that memory and collector are the same for all. */
    static final List<String> COMMON_FLAGS =
            List.of("-Xms256m", "-Xmx1g", "-XX:+UseG1GC", "-XX:-UsePerfData", "-Djava.net.preferIPv4Stack=true");

    /** What the log's memory mapping asks for; see the wal module. */
    static final List<String> MAPPING_FLAGS = List.of(
            "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
            "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
            "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED",
            "-Dchronicle.analytics.disable=true",
            "-Dchronicle.announcer.disable=true",
            "-Dchronicle.disk.monitor.disable=true");

    private static final int JDK_THAT_ASKS_FOR_NATIVE_ACCESS = 24;

    ClusterPlan {
        ports = List.copyOf(ports);
        jvmFlags = List.copyOf(jvmFlags);
    }

    int size() {
        return ports.size();
    }

    static String id(int index) {
        return "n" + (index + 1);
    }

    Path dataDir(int index) {
        return directory.resolve(id(index));
    }

    Path log(int index) {
        return directory.resolve(id(index) + ".log");
    }

    /** The command line of a node: this very program, with the {@code node} command. */
    List<String> command(int index) {
        List<String> command = java();
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), BenchmarksMain.class.getName(), "node"));
        command.addAll(List.of("--id", id(index), "--members", members()));
        command.addAll(List.of("--data-dir", dataDir(index).toString(), "--size", Integer.toString(payloadBytes)));
        return command;
    }

    /** The beginning of it: the program, and the flags that every node gets. */
    List<String> java() {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(COMMON_FLAGS);
        command.addAll(MAPPING_FLAGS);
        if (Runtime.version().feature() >= JDK_THAT_ASKS_FOR_NATIVE_ACCESS) {
            command.add("--enable-native-access=ALL-UNNAMED");
            command.add("--sun-misc-unsafe-memory-access=allow");
        }
        command.addAll(jvmFlags);
        return command;
    }

    private String members() {
        return IntStream.range(0, size())
                .mapToObj(index -> id(index) + "=127.0.0.1:" + ports.get(index))
                .collect(Collectors.joining(","));
    }
}
