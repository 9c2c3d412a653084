package io.reactorraft.torture;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The network of a {@link Sandbox}: a namespace for each node, all at one bridge, at which the clients are too.
 *
 * <p>A way is cut in one direction by a lie about the receiver's hardware address: what is sent arrives nowhere, and nobody
 * is told, as with a broken wire. Used on one thread.
 */
final class Wires {
    private static final String NOWHERE = "02:00:00:00:00:99";
    private static final Path NAMESPACES = Path.of("/run/netns");
    private static final String NETWORK = "10.77.0.";
    private static final String FAST = "rate 10gbit quantum 60000";

    /** Some three messages a second. */
    private static final String SLOW = "rate 4kbit burst 200 cburst 200 quantum 1500";

    private static final int FIRST_WAY = 10;

    private final List<String> ids;

    private Wires(List<String> ids) {
        this.ids = ids;
    }

    /** Lays the wires; in a sandbox only. */
    static Wires lay(List<String> ids) throws IOException, InterruptedException {
        Wires wires = new Wires(ids);
        Files.createDirectories(NAMESPACES);
        Sandbox.run("mount", "-t", "tmpfs", "tmpfs", NAMESPACES.toString());
        ip("link set lo up");
        ip("link add hub type bridge");
        ip("addr add " + NETWORK + "254/24 dev hub");
        ip("link set hub up");
        for (String id : ids) {
            ip("netns add " + id);
            ip("link add to-" + id + " type veth peer name eth0 netns " + id);
            ip("link set to-" + id + " master hub up");
            ip("-n " + id + " addr add " + wires.host(id) + "/24 dev eth0");
            ip("-n " + id + " link set eth0 up");
            ip("-n " + id + " link set lo up");
        }
        for (String from : ids) {
            tc(from, "qdisc add dev eth0 root handle 1: htb default 1");
            tc(from, "class add dev eth0 parent 1: classid 1:1 htb " + FAST);
            for (String to : ids) {
                tc(from, "class add dev eth0 parent 1: classid " + wires.way(to) + " htb " + FAST);
                tc(
                        from,
                        "filter add dev eth0 parent 1: protocol ip prio 1 u32 match ip dst " + wires.host(to)
                                + "/32 flowid " + wires.way(to));
            }
        }
        return wires;
    }

    /** Where the node is, for all. */
    String host(String id) {
        return NETWORK + (1 + ids.indexOf(id));
    }

    /** What to put before a command, so that it runs at this node. */
    static List<String> at(String id) {
        return List.of("nsenter", "--net=" + NAMESPACES.resolve(id));
    }

    /** Nothing that one sends arrives at the other. Idempotent. */
    void cut(String from, String to) throws IOException, InterruptedException {
        ip("-n " + from + " neigh replace " + host(to) + " lladdr " + NOWHERE + " dev eth0 nud permanent");
    }

    /** Undoes {@link #cut}. */
    void mend(String from, String to) throws IOException, InterruptedException {
        ip("-n " + from + " neigh del " + host(to) + " dev eth0");
    }

    /** What one sends arrives at the other late, and later and later. Idempotent. */
    void slow(String from, String to) throws IOException, InterruptedException {
        tc(from, "class change dev eth0 parent 1: classid " + way(to) + " htb " + SLOW);
    }

    /** Undoes {@link #slow}: all that is late arrives at once. */
    void hasten(String from, String to) throws IOException, InterruptedException {
        tc(from, "class change dev eth0 parent 1: classid " + way(to) + " htb " + FAST);
    }

    private String way(String to) {
        return "1:" + (FIRST_WAY + ids.indexOf(to));
    }

    private static void tc(String id, String arguments) throws IOException, InterruptedException {
        Sandbox.run(("tc -n " + id + " " + arguments).split(" ", -1));
    }

    private static void ip(String arguments) throws IOException, InterruptedException {
        Sandbox.run(("ip " + arguments).split(" ", -1));
    }
}
