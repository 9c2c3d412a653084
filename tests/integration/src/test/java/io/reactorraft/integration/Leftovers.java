package io.reactorraft.integration;

import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * What this process holds beside its heap.
 *
 * @param threads those of nodes, by name
 * @param files descriptors of files under the folder, by path
 * @param mapped parts of files under the folder that are mapped
 * @param allThreads all there are, whosever
 * @param descriptors all there are
 * @param directBytes direct memory, of the JDK and of Netty
 */
record Leftovers(
        List<String> threads,
        List<String> files,
        List<String> mapped,
        List<String> allThreads,
        long descriptors,
        long directBytes) {

    static Leftovers under(Path folder) {
        try {
            List<String> threads = Thread.getAllStackTraces().keySet().stream()
                    .map(Thread::getName)
                    .sorted()
                    .toList();
            return new Leftovers(
                    threads.stream().filter(name -> name.startsWith("raft-")).toList(),
                    open().stream()
                            .filter(target -> target.startsWith(folder.toString()))
                            .toList(),
                    Files.readAllLines(Path.of("/proc/self/maps")).stream()
                            .filter(line -> line.contains(folder.toString()))
                            .toList(),
                    threads,
                    open().size(),
                    direct());
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private static List<String> open() throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            return all.map(Leftovers::target)
                    .filter(target -> !target.isEmpty())
                    .toList();
        }
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException closedMeanwhile) {
            return "";
        }
    }

    private static long direct() {
        long jdk = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
        return jdk + Math.max(0, PlatformDependent.usedDirectMemory());
    }

    /** Whether nothing of any node is left. */
    boolean areNone() {
        return threads.isEmpty() && files.isEmpty() && mapped.isEmpty();
    }
}
