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
    private static final Duration SOON = Duration.ofMinutes(2);
    private static final long LEASE_NANOS = LeaseMember.ELECTION_TIMEOUT.toNanos() / 10 * 8;

    /** A round proves nothing where the leader itself stood still for as long as its lease lasted. */
    private static final int ROUNDS = 10;

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
        Map<String, Integer> before = new LinkedHashMap<>();
        members.forEach((id, process) -> before.put(id, writes(process)));
        await(
                "another leader, which writes",
                () -> members.entrySet().stream()
                        .anyMatch(each -> !each.getKey().equals(old)
                                && writes(each.getValue()) >= before.getOrDefault(each.getKey(), 0) + 50));
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
        boolean answered = false;
        for (int round = 0; !answered && round < ROUNDS; round++) {
            answered = !readsByLeaseAlone(leader()).isEmpty();
        }
        assertThat(answered).as("without anybody to ask, by the lease").isTrue();
        await("somebody who leads", () -> members.values().stream().anyMatch(StoppedLeaseTest::leads));
        nothingOldWasRead();
    }

    /** What it answered while its followers were stopped; nothing, where it stood still itself or led no longer. */
    private List<Read> readsByLeaseAlone(String leading) {
        List<ServerProcess> followers = members.entrySet().stream()
                .filter(each -> !each.getKey().equals(leading))
                .map(Entry::getValue)
                .toList();
        followers.forEach(follower -> follower.signal("STOP"));
        long alone = System.nanoTime();
        await("the end of the lease", () -> System.nanoTime() - alone > 2 * LEASE_NANOS);
        long together = System.nanoTime();
        followers.forEach(follower -> follower.signal("CONT"));
        List<Read> begunAlone = readsOf(process(leading)).stream()
                .filter(read -> read.begun > alone && read.ended < together)
                .toList();
        assertThat(begunAlone).as("by a lease that is over").noneMatch(read -> read.begun > alone + LEASE_NANOS);
        return begunAlone;
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
                                    "-XX:TieredStopAtLevel=1",
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

    /** Who leads, and has written and read for a while since it was asked, so that its lease is known to all. */
    private String leader() {
        Map<String, Integer> writesBefore = new LinkedHashMap<>();
        Map<String, Integer> readsBefore = new LinkedHashMap<>();
        members.forEach((id, process) -> {
            writesBefore.put(id, writes(process));
            readsBefore.put(id, readsOf(process).size());
        });
        List<String> leading = new ArrayList<>();
        await("a leader that writes and reads", () -> {
            members.forEach((id, process) -> {
                if (leads(process)
                        && writes(process) >= writesBefore.getOrDefault(id, 0) + 50
                        && readsOf(process).size() >= readsBefore.getOrDefault(id, 0) + 100) {
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

    private static int writes(ServerProcess member) {
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
