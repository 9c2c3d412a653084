package io.reactorraft.torture;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A world of its own for a run: its network, mounts and processes are nobody else's, and are gone when it ends, however it
 * ends.
 */
final class Sandbox {
    private static final List<String> UNSHARE =
            List.of("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc");
    private static final List<String> TOOLS = List.of("ip", "tc", "nsenter", "fsfreeze", "fallocate");
    private static final String TRIAL = "ip link add hub type bridge && ip link add near type veth peer name far"
            + " && tc qdisc add dev near root handle 1: htb && tc class add dev near parent 1: classid 1:1 htb rate 4kbit"
            + " && tc filter add dev near parent 1: protocol ip prio 1 u32 match ip dst 10.0.0.1/32 flowid 1:1";
    private static final long COMMAND_SECONDS = 60;

    private Sandbox() {}

    /** Why there can be none here; empty: there can. */
    static String whyNot() throws InterruptedException {
        for (String without : List.of(LoopImage.whyNot(), FailingDisk.whyNot())) {
            if (!without.isEmpty()) {
                return without;
            }
        }
        try {
            for (String tool : TOOLS) {
                run("sh", "-c", "command -v " + tool);
            }
            List<String> trial = new ArrayList<>(UNSHARE);
            trial.addAll(List.of("sh", "-c", TRIAL));
            run(trial.toArray(String[]::new));
            return "";
        } catch (IOException missing) {
            return "network namespaces need root, unshare, nsenter, fsfreeze, ip and tc: " + missing.getMessage();
        }
    }

    /** Runs this program with these arguments inside; returns its exit code. */
    static int enter(PrintWriter out, List<String> arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(UNSHARE);
        command.addAll(
                List.of(Java.program(), "-Xmx512m", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-cp", Java.classPath()));
        command.add(TortureMain.class.getName());
        command.addAll(arguments);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        Thread last = new Thread(process::destroyForcibly);
        Runtime.getRuntime().addShutdownHook(last);
        try (var said = process.inputReader(StandardCharsets.UTF_8)) {
            said.lines().forEach(out::println);
        }
        int exit = process.waitFor();
        Runtime.getRuntime().removeShutdownHook(last);
        return exit;
    }

    /** Runs a command to its end; an error where it fails. */
    static void run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(COMMAND_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException(String.join(" ", command) + " took more than " + COMMAND_SECONDS + " s");
        }
        if (process.exitValue() != 0) {
            throw new IOException(String.join(" ", command) + ": " + said.strip());
        }
    }
}
