package io.reactorraft.torture;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Listens to the leadership streams of all nodes: terms never fall within a node's life, and no term has two leaders.
 * Thread-safe.
 */
final class LeadershipRecord implements AutoCloseable {
    private static final Pattern CHANGE = Pattern.compile("\"term\":(\\d+),\"role\":\"(\\w+)\"");
    private static final long REDIAL_MILLIS = 200;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Finding finding;
    private final List<Thread> threads = new ArrayList<>();
    private final TreeMap<Long, String> leaders = new TreeMap<>();
    private final Map<String, Long> terms = new HashMap<>();
    private final Map<String, Long> lastTerms = new HashMap<>();
    private final List<String> story = new ArrayList<>();
    private final long begun = System.nanoTime();
    private volatile boolean closed;

    LeadershipRecord(Finding finding) {
        this.finding = finding;
    }

    /** Listens to this node, through all of its lives. */
    void watch(ServerNode node) {
        Thread thread = new Thread(() -> listen(node), "torture-leadership-" + node.id());
        thread.setDaemon(true);
        threads.add(thread);
        thread.start();
    }

    private void listen(ServerNode node) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(node.url() + "/v1/leadership"))
                .header("Accept", "text/event-stream")
                .build();
        while (!closed) {
            int life = node.lives();
            try (Stream<String> lines =
                    http.send(request, BodyHandlers.ofLines()).body()) {
                lines.filter(line -> line.startsWith("data:")).forEach(line -> heard(node.id(), life, line));
            } catch (IOException | UncheckedIOException lost) {
                // it was killed, or starts yet
            } catch (ViolationException violation) {
                finding.report(violation);
                return;
            } catch (InterruptedException over) {
                return;
            }
            try {
                TimeUnit.MILLISECONDS.sleep(REDIAL_MILLIS);
            } catch (InterruptedException over) {
                return;
            }
        }
    }

    /** A change, as the stream has it. */
    synchronized void heard(String id, int life, String line) {
        Matcher change = CHANGE.matcher(line);
        if (!change.find()) {
            throw new ViolationException(id + " shows no change of leadership, but " + line);
        }
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
        story.add(millis + " ms " + id + "/" + life + " " + line);
        long term = Long.parseLong(change.group(1));
        long before = terms.getOrDefault(id + "/" + life, 0L);
        if (term < before) {
            throw new ViolationException("the term of " + id + " falls from " + before + " to " + term);
        }
        terms.put(id + "/" + life, term);
        if (change.group(2).equals("leader")) {
            if (term > lastTerms.getOrDefault(id, Long.MAX_VALUE)) {
                throw new ViolationException(
                        id + " leads term " + term + ", and was removed before the end of term " + lastTerms.get(id));
            }
            String other = leaders.putIfAbsent(term, id);
            if (other != null && !other.equals(id)) {
                throw new ViolationException("two leaders in term " + term + ": " + other + " and " + id);
            }
        }
    }

    /** It was removed: no term after this one may be led by it. */
    synchronized void removed(String id, long lastTerm) {
        lastTerms.put(id, lastTerm);
    }

    /** It may be a member again. */
    synchronized void welcome(String id) {
        lastTerms.remove(id);
    }

    /** Who led last, as far as it was shown; null: nobody yet. */
    synchronized @Nullable String leader() {
        return leaders.isEmpty() ? null : leaders.lastEntry().getValue();
    }

    /** Terms that had a leader. */
    synchronized int leaderships() {
        return leaders.size();
    }

    /** All that was shown. */
    synchronized String story() {
        return String.join("\n", story);
    }

    @Override
    public void close() {
        closed = true;
        threads.forEach(Thread::interrupt);
    }
}
