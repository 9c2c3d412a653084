package io.reactorraft.integration;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.testkit.FreePorts;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Map.Entry;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Lease reads of real processes that SIGSTOP stops: whoever slept through its lease answers nothing older than what others
 * acknowledged meanwhile. All processes of a machine share one monotonic clock, by which what each of them said is held
 * against what the others did.
 */
class StoppedLeaseTest {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final long LEASE_NANOS = LeaseMember.ELECTION_TIMEOUT.toNanos() / 10 * 8;

    @TempDir
    Path directory;

    private final Map<String, ServerProcess> members = new LinkedHashMap<>();

    /** A read that was answered. */
    private record Read(long begun, long ended, long value) {
        static Read of(String line) {
            String[] words = line.split(" ", -1);
            return new Read(Long.parseLong(words[1]), Long.parseLong(words[2]), Long.parseLong(words[3]));
        }
    }

    @AfterEach
    void end() {
        members.values().forEach(ServerProcess::close);
    }

    @Test
    void aLeaderThatWasStoppedAnswersNothingOlderThanWhatTheNextOneAcknowledged() {
        startThree();
        String old = leader();
        ServerProcess stopped = process(old);
        stopped.signal("STOP");
        await(
                "another leader, which writes",
                () -> members.entrySet().stream()
                        .anyMatch(each -> !each.getKey().equals(old) && writes(each.getValue()) >= 50));
        stopped.signal("CONT");
        long continued = System.nanoTime();
        await(
                "reads of the one that goes on",
                () -> readsOf(stopped).stream()
                                .filter(read -> read.begun > continued)
                                .count()
                        >= 20);
        nothingOldWasRead();
    }

    @Test
    void withoutItsFollowersALeaderAnswersForAsLongAsItsLeaseLastsAndNoLonger() {
        startThree();
        String leading = leader();
        List<ServerProcess> followers = members.entrySet().stream()
                .filter(each -> !each.getKey().equals(leading))
                .map(Entry::getValue)
                .toList();
        await("reads by the lease", () -> readsOf(process(leading)).size() > 100);
        followers.forEach(follower -> follower.signal("STOP"));
        long alone = System.nanoTime();
        await("the end of the lease", () -> System.nanoTime() - alone > 2 * LEASE_NANOS);
        long together = System.nanoTime();
        followers.forEach(follower -> follower.signal("CONT"));
        List<Read> begunAlone = readsOf(process(leading)).stream()
                .filter(read -> read.begun > alone && read.ended < together)
                .toList();
        assertThat(begunAlone).as("without anybody to ask, by the lease").isNotEmpty();
        assertThat(begunAlone).as("by a lease that is over").noneMatch(read -> read.begun > alone + LEASE_NANOS);
        await("somebody who leads", () -> members.values().stream().anyMatch(StoppedLeaseTest::leads));
        nothingOldWasRead();
    }

    private void startThree() {
        List<Integer> ports = FreePorts.find(3);
        String list = IntStream.range(0, 3)
                .mapToObj(i -> "n" + (i + 1) + "=127.0.0.1:" + ports.get(i))
                .collect(Collectors.joining(","));
        for (int i = 1; i <= 3; i++) {
            String id = "n" + i;
            members.put(
                    id,
                    ServerProcess.run(
                            directory.resolve("logs"),
                            id,
                            List.of(
                                    ServerProcess.java(),
                                    "-Xmx128m",
                                    "-XX:+UseSerialGC",
                                    "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
                                    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
                                    "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED",
                                    "-cp",
                                    System.getProperty("java.class.path"),
                                    LeaseMember.class.getName(),
                                    id,
                                    directory.resolve(id).toString(),
                                    list)));
        }
    }

    /** Who leads and has written for a while, so that its lease is known to all. */
    private String leader() {
        List<String> leading = new ArrayList<>();
        await("a leader that writes", () -> {
            members.forEach((id, process) -> {
                if (leads(process) && writes(process) >= 50 && !readsOf(process).isEmpty()) {
                    leading.add(id);
                }
            });
            return !leading.isEmpty();
        });
        return leading.get(0);
    }

    private ServerProcess process(String id) {
        return java.util.Objects.requireNonNull(members.get(id));
    }

    private static boolean leads(ServerProcess member) {
        List<String> shown = said(member, "shows ");
        return !shown.isEmpty() && shown.get(shown.size() - 1).equals("shows LEADER");
    }

    private static long writes(ServerProcess member) {
        return said(member, "wrote ").size();
    }

    private static List<Read> readsOf(ServerProcess member) {
        return said(member, "read ").stream().map(Read::of).toList();
    }

    /** Whole lines: the last one may still be on its way. */
    private static List<String> said(ServerProcess member, String begin) {
        List<String> lines = member.outLines();
        return lines.subList(0, Math.max(0, lines.size() - 1)).stream()
                .filter(line -> line.startsWith(begin))
                .toList();
    }

    /** No read, on whichever member, misses a write that anybody had acknowledged before it began. */
    private void nothingOldWasRead() {
        TreeMap<Long, Long> acknowledged = new TreeMap<>();
        members.values().stream()
                .flatMap(member -> said(member, "wrote ").stream())
                .map(line -> line.split(" ", -1))
                .forEach(words -> acknowledged.put(Long.parseLong(words[2]), Long.parseLong(words[1])));
        long highest = 0;
        for (Entry<Long, Long> each : acknowledged.entrySet()) {
            highest = Math.max(highest, each.getValue());
            each.setValue(highest);
        }
        members.forEach((id, member) -> readsOf(member).forEach(read -> {
            Entry<Long, Long> before = acknowledged.lowerEntry(read.begun);
            assertThat(read.value)
                    .as("%s read at %d, and %s had been acknowledged", id, read.begun, before)
                    .isGreaterThanOrEqualTo(before == null ? 0 : before.getValue());
        }));
    }

    private void await(String what, BooleanSupplier reached) {
        long end = System.nanoTime() + SOON.toNanos();
        while (!reached.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new TooSlow("no " + what + " within " + SOON + "\n"
                        + members.values().stream()
                                .map(ServerProcess::everything)
                                .map(text -> text.substring(Math.max(0, text.length() - 4_000)))
                                .collect(Collectors.joining("\n")));
            }
            ServerProcess.pause();
        }
    }
}
