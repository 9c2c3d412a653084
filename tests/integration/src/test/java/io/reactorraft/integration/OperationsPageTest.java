package io.reactorraft.integration;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.testkit.FreePorts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Follows {@code server/docs/operations.md} from its first command to its last, with real processes. */
class OperationsPageTest {

    private static final Path PAGE = Path.of("../../server/docs/operations.md");
    private static final Duration SOON = Duration.ofMinutes(2);
    private static final Pattern PORT = Pattern.compile("127\\.0\\.0\\.1:([78]0\\d\\d)");
    private static final Pattern LAST_RESORT = Pattern.compile("r1@\\d+");

    @TempDir
    Path directory;

    private final Map<String, String> ports = new HashMap<>();
    private final List<Integer> free = new ArrayList<>(FreePorts.find(32));
    private final Map<String, ServerProcess> members = new LinkedHashMap<>();
    private long forcedAt;
    private String said = "";

    @AfterEach
    void endAll() {
        members.values().forEach(ServerProcess::close);
    }

    @Test
    void everyCommandOfThePageDoesWhatItSays() throws IOException {
        int done = 0;
        for (Section section : sections()) {
            prepare(section.title);
            for (String command : section.commands) {
                run(section.title, command);
                done++;
            }
            check(section.title);
        }
        assertThat(done).isGreaterThan(25);
    }

    /** What an operator does without a command of ours: machines fail, processes are stopped. */
    private void prepare(String title) throws IOException {
        if (title.equals("Replace a lost disk")) {
            member("n3").kill();
            Folders.delete(directory.resolve("n3"));
        } else if (title.equals("The last resort")) {
            List.of("r1", "r2", "r3").forEach(id -> member(id).kill());
            Folders.delete(directory.resolve("r2"));
            Folders.delete(directory.resolve("r3"));
        }
    }

    /** What has come of it. */
    private void check(String title) {
        switch (title) {
            case "Start three members" -> assertThat(said).isEqualTo("hello");
            case "Remove a member" -> assertEnds("n5");
            case "Replace a lost disk" -> awaitVoters("8001", "n1", "n2", "n3", "n4");
            case "Change everything at once" -> assertEnds("n4");
            case "Back up, and restore" ->
                assertThat(said).as("in the new cluster").isEqualTo("hello");
            case "The last resort" -> {
                assertThat(member("r1").outLines())
                        .as(said + member("r1").everything())
                        .anyMatch(line -> line.contains("left behind: r2, r3"));
                awaitVoters("8011", "r1", "r4");
                assertThat(runToItsEnd("get greeting --endpoints http://" + real("8011")))
                        .isEqualTo("hello");
            }
            default -> {
                // the commands themselves said that they were done
            }
        }
    }

    private void assertEnds(String id) {
        assertThat(member(id).awaitExit(SOON)).as(member(id).everything()).isEqualTo(4);
    }

    private ServerProcess member(String id) {
        return Objects.requireNonNull(members.get(id), id);
    }

    private void run(String title, String command) {
        String real = withRealPorts(command);
        if (title.equals("The last resort")) {
            real = LAST_RESORT.matcher(real).replaceAll("r1@" + forcedAt);
        }
        List<String> words = new ArrayList<>(List.of(real.split(" +")));
        assertThat(words.remove(0)).isEqualTo("raft-server");
        if (words.get(0).equals("serve")) {
            String id = words.get(words.indexOf("--id") + 1);
            members.put(id, start(id, words));
            member(id).awaitOut(line -> line.startsWith("ready id=" + id + " "), SOON);
        } else if (words.get(0).equals("leadership")) {
            try (ServerProcess watching = start("leadership", words)) {
                watching.awaitOut(line -> line.contains("n3"), SOON);
            }
        } else {
            said = runToItsEnd(String.join(" ", words));
            if (words.contains("inspect")) {
                forcedAt = lastIndex(said);
            }
        }
    }

    /** Of the only group, in the table of {@code wal inspect}. */
    private static long lastIndex(String table) {
        Matcher line = Pattern.compile("(?m)^default +\\d+\\.\\.(\\d+) ").matcher(table);
        assertThat(line.find()).as(table).isTrue();
        return Long.parseLong(line.group(1));
    }

    /** Asked again while it says that trying again helps: on a busy machine an election may be under way. */
    private String runToItsEnd(String command) {
        List<String> words = List.of(command.split(" +"));
        long end = System.nanoTime() + SOON.toNanos();
        while (true) {
            try (ServerProcess process = start("command", words)) {
                int code = process.awaitExit(SOON);
                boolean again = (code == 5 || code == 6) && System.nanoTime() < end;
                if (!again) {
                    assertThat(code).as(command + "\n" + process.everything()).isZero();
                    return String.join("\n", process.outLines());
                }
            }
        }
    }

    private ServerProcess start(String name, List<String> words) {
        List<String> command = new ArrayList<>(QuickStart.jar());
        command.addAll(words);
        return ServerProcess.runIn(directory, directory.resolve("logs"), name, command);
    }

    private void awaitVoters(String port, String... ids) {
        long end = System.nanoTime() + SOON.toNanos();
        String listed;
        do {
            ServerProcess.pause();
            listed = runToItsEnd("member list --endpoints http://" + real(port));
        } while (!hasVoters(listed, ids) && System.nanoTime() < end);
        assertThat(hasVoters(listed, ids)).as(listed).isTrue();
    }

    private static boolean hasVoters(String table, String... ids) {
        List<String> voters = table.lines()
                .filter(line -> line.matches("\\S+ +yes .*"))
                .map(line -> line.substring(0, line.indexOf(' ')))
                .sorted()
                .toList();
        return voters.equals(List.of(ids));
    }

    private String real(String port) {
        return "127.0.0.1:" + ports.computeIfAbsent(port, unused -> String.valueOf(free.remove(0)));
    }

    private String withRealPorts(String command) {
        return PORT.matcher(command).replaceAll(found -> real(found.group(1)));
    }

    private record Section(String title, List<String> commands) {}

    /** The boxes under each heading; a backslash at the end of a line continues it. */
    private static List<Section> sections() throws IOException {
        List<Section> sections = new ArrayList<>();
        boolean inBox = false;
        StringBuilder command = new StringBuilder();
        for (String line : Files.readAllLines(PAGE)) {
            if (line.startsWith("```")) {
                inBox = !inBox;
            } else if (line.startsWith("## ")) {
                sections.add(new Section(line.substring(3), new ArrayList<>()));
            } else if (inBox) {
                boolean goesOn = line.endsWith("\\");
                command.append(goesOn ? line.substring(0, line.length() - 1) : line);
                if (!goesOn) {
                    sections.get(sections.size() - 1)
                            .commands
                            .add(command.toString().strip());
                    command.setLength(0);
                }
            }
        }
        return sections;
    }
}
