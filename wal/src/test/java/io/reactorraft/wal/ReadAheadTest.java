package io.reactorraft.wal;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.proto.Entry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

/** A log is read back, or refused in the same words, whether another thread reads ahead or not. */
class ReadAheadTest {
    private static final int INJURIES = 25;
    private static final WalConfig ROOMY = WalConfig.defaults().withCacheBytes(1_000);

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void whateverTheInjury(long seed) throws IOException {
        write(new Random(seed));
        List<Path> segments = Logs.segments(directory);
        assertThat(segments).hasSizeGreaterThan(4);
        assertThat(recovered(null)).doesNotContain("damaged");

        Random random = new Random(seed);
        int refused = 0;
        for (int injury = 0; injury < INJURIES; injury++) {
            Path file = segments.get(random.nextInt(segments.size()));
            long[] records = Logs.recordOffsets(file);
            long at = random.nextLong(records[records.length - 1]);
            byte there = Logs.bytes(file, at, 1)[0];
            Logs.overwrite(file, at, (byte) (there ^ 1 << random.nextInt(Byte.SIZE)));

            String alone = recovered(null);
            assertThat(recovered(Runnable::run)).as("%s:%d", file, at).isEqualTo(alone);
            assertThat(recovered(ForkJoinPool.commonPool()))
                    .as("%s:%d", file, at)
                    .isEqualTo(alone);

            Logs.overwrite(file, at, there);
            refused += alone.contains("damaged") ? 1 : 0;
        }
        assertThat(refused).isPositive();
    }

    @Test
    void moreEntriesThanAreKept() throws IOException {
        int many = CheckedRecords.MAX_RECORDS + 1_000;
        ChronicleLogStore store = Logs.open(directory, ROOMY);
        Logs.close(store);
        store = Logs.open(directory, ROOMY);
        Logs.append(store, Logs.entries(1, 1, 1));
        Logs.close(store);
        store = Logs.open(directory, ROOMY);
        for (int first = 2; first <= many; first += 20_000) {
            Logs.append(store, Logs.entries(first, Math.min(first + 19_999, many), 1));
        }
        Logs.close(store);
        assertThat(Logs.segments(directory)).hasSize(2);

        assertThat(recovered(Runnable::run)).isEqualTo(recovered(null)).contains("lastIndex " + many);
    }

    @Test
    void moreBytesOfOthersThanAreKept() throws IOException {
        Logs.close(start());
        ChronicleLogStore store = Logs.open(directory, ROOMY);
        String vote = "n".repeat(64 << 10);
        int terms = CheckedRecords.MAX_OTHER_BYTES / vote.length() + 10;
        for (int term = 1; term <= terms; term++) {
            store.append(Logs.GROUP, Logs.hardState(term, vote, 0), List.of()).block(Logs.SOON);
        }
        Logs.close(store);

        assertThat(recovered(Runnable::run)).isEqualTo(recovered(null)).contains("term: " + terms);
    }

    @Test
    void moreOthersThanAreKept() throws IOException {
        Logs.close(start());
        ChronicleLogStore store = Logs.open(directory, ROOMY);
        int terms = CheckedRecords.MAX_OTHERS + 10;
        List<Mono<Void>> writes = new ArrayList<>();
        for (int term = 1; term <= terms; term++) {
            writes.add(store.append(Logs.GROUP, Logs.hardState(term, "n1", 0), List.of()));
            if (writes.size() == 100 || term == terms) {
                Mono.when(writes).block(Logs.SOON);
                writes.clear();
            }
        }
        Logs.close(store);

        assertThat(recovered(Runnable::run)).isEqualTo(recovered(null)).contains("term: " + terms);
    }

    @Test
    void helpThatFailsIsDoneWithout() throws IOException {
        write(new Random(1));
        String alone = recovered(null);

        assertThat(recovered(task -> {
                    throw new OutOfMemoryError("no thread");
                }))
                .isEqualTo(alone);
        assertThat(recovered(task -> {
                    throw new RejectedExecutionException();
                }))
                .isEqualTo(alone);
    }

    @Test
    void whoIsRefusedWaitsForItsHelp() throws IOException {
        write(new Random(1));
        Path first = Logs.segments(directory).get(0);
        long at = Logs.recordOffsets(first)[3];
        Logs.overwrite(first, at, (byte) ~Logs.bytes(first, at, 1)[0]);
        AtomicInteger running = new AtomicInteger();

        String refusal = recovered(task -> {
            running.incrementAndGet();
            ForkJoinPool.commonPool().execute(() -> {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
                running.decrementAndGet(); // before the task is known to be over
                task.run();
            });
        });

        assertThat(refusal).contains(first + ":");
        assertThat(running).hasValue(0);
    }

    private ChronicleLogStore start() {
        ChronicleLogStore store = Logs.open(directory, ROOMY);
        Logs.append(store, Logs.entries(1, 1, 1));
        return store;
    }

    /** Several openings of two groups, each with votes, entries that replace others, and truncations. */
    private void write(Random random) {
        long[] last = new long[2];
        long term = 1;
        for (int opening = 0; opening < 5; opening++) {
            ChronicleLogStore store = Logs.open(directory);
            for (int batch = 0; batch < 20; batch++) {
                int group = random.nextInt(2);
                String name = group == 0 ? Logs.GROUP : "invoices";
                long first = last[group] + 1;
                if (random.nextInt(5) == 0) {
                    term++;
                    first = Math.max(1, first - random.nextInt(4));
                }
                List<Entry> entries = new ArrayList<>();
                for (long index = first; index <= first + random.nextInt(40); index++) {
                    entries.add(Logs.entry(index, random.nextInt(600)).toBuilder()
                            .setTerm(term)
                            .build());
                }
                store.append(name, Logs.hardState(term, "n" + random.nextInt(3), 0), entries)
                        .block(Logs.SOON);
                last[group] = first + entries.size() - 1;
            }
            Logs.close(store);
        }
    }

    private String recovered(@Nullable Executor helper) throws IOException {
        return Logs.recovered(directory, helper);
    }
}
