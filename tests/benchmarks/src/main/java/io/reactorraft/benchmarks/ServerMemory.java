package io.reactorraft.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a server's process takes behind a full collection, asked of it with the JDK's own {@code jcmd}. Its heap is to be
 * touched as a whole at the start, so that what is resident grows by what is outside the heap alone.
 *
 * @param heapBytes objects that are reachable
 * @param residentBytes of the whole process
 */
record ServerMemory(long heapBytes, long residentBytes) {

    /** What makes the two numbers those of two different things. */
    static final List<String> FLAGS = List.of("-Xms1g", "-Xmx1g", "-XX:+UseG1GC", "-XX:+AlwaysPreTouch");

    private static final Pattern TOTAL = Pattern.compile("(?m)^Total\\s+\\d+\\s+(\\d+)");

    static ServerMemory of(long pid) throws InterruptedException {
        String histogram = jcmd(pid, "GC.class_histogram"); // of what is reachable: collects first
        Matcher total = TOTAL.matcher(histogram);
        if (!total.find()) {
            throw new BenchmarkException("jcmd " + pid + " GC.class_histogram told no total");
        }
        return new ServerMemory(Long.parseLong(total.group(1)), new LinuxAccounts().residentBytes(pid));
    }

    private static String jcmd(long pid, String command) throws InterruptedException {
        String tool = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        try {
            Process process = new ProcessBuilder(tool, Long.toString(pid), command)
                    .redirectErrorStream(true)
                    .start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            process.waitFor();
            return output;
        } catch (IOException failed) {
            throw new BenchmarkException("cannot ask process " + pid + ": is there a JDK's jcmd?", failed);
        }
    }

    /** What came on top of an earlier state, for each of so many. */
    double heapEach(ServerMemory before, int count) {
        return (heapBytes - before.heapBytes) / (double) count;
    }

    /** As {@link #heapEach}, outside the heap. */
    double outsideEach(ServerMemory before, int count) {
        return (residentBytes - before.residentBytes) / (double) count;
    }
}
