package io.reactorraft.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A process that talks like a node and is none: leads when the file says so, takes over when it is probed, and measures
 * nothing.
 */
final class PuppetNode {
    private PuppetNode() {}

    /** The command line of a puppet; {@code how} is {@code well}, {@code mute} or {@code dies}. */
    static List<String> command(String id, Path leaderFile, String how) {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xshare:auto",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                PuppetNode.class.getName(),
                id,
                leaderFile.toString(),
                how);
    }

    public static void main(String[] args) throws IOException {
        String id = args[0];
        Path leaderFile = Path.of(args[1]);
        System.err.println(id + " was started " + args[2]);
        if (args[2].equals("dies")) {
            System.err.println("the port is taken");
            System.exit(3);
        }
        if (args[2].equals("well")) {
            System.out.println("a library's chatter");
            System.out.println("@started");
            System.out.println("@ready");
        }
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            System.out.println("@" + answer(line.split(" ", -1)[0], id, leaderFile));
        }
    }

    private static String answer(String command, String id, Path leaderFile) throws IOException {
        return switch (command) {
            case "role" -> "role " + (Files.readString(leaderFile).equals(id) ? "leader" : "follower");
            case "trickle" -> "trickled 1";
            case "probe" -> {
                Files.writeString(leaderFile, id);
                yield "probed " + System.nanoTime() + " 1";
            }
            case "load" -> {
                System.out.println("@measuring");
                yield "result ops=1000 secs=0.500 errors=0 mean=10.0 p50=9.0 p90=11.0 p99=20.0 p999=30.0 max=40.0"
                        + " firstError=- leader=true";
            }
            default -> "error unknown command " + command;
        };
    }
}
