package io.reactorraft.server.kv;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.reactorraft.RaftException;
import io.reactorraft.server.kv.proto.SettingsChange;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Watches on a thread whose time the test makes pass. */
class WatchesTest {

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final StoreFixture state = new StoreFixture();
    private final Watches watches = new Watches(state.store, time);

    /** A client that asks when the test says so. */
    private final class Client extends BaseSubscriber<WatchEvent> {
        private final String prefix;
        private final List<Long> told = new ArrayList<>();
        private long position;
        private boolean ended;
        private boolean lagged;
        private @Nullable Throwable failure;

        Client(String prefix) {
            this.prefix = prefix;
        }

        Client watch(long from) {
            watches.watch(ByteString.copyFromUtf8(prefix), from).subscribe(this);
            return this;
        }

        @Override
        protected void hookOnSubscribe(Subscription subscription) {
            // asks for nothing by itself
        }

        Client ask(long n) {
            request(n);
            time.advanceTime();
            return this;
        }

        @Override
        protected void hookOnNext(WatchEvent event) {
            if (event instanceof WatchEvent.Changed changed) {
                told.add(changed.change().revision());
                position = changed.change().revision();
            } else if (event instanceof WatchEvent.Bookmark bookmark) {
                assertThat(bookmark.revision()).isGreaterThanOrEqualTo(position);
                position = bookmark.revision();
            } else if (event instanceof WatchEvent.Lagged cut) {
                lagged = true;
                position = cut.resume() - 1;
            }
        }

        @Override
        protected void hookOnComplete() {
            ended = true;
        }

        @Override
        protected void hookOnError(Throwable error) {
            failure = error;
        }
    }

    @Test
    void aWatchBeginsWithABookmarkAndThenTellsWhatChangesUnderItsPrefix() {
        state.put("a/1", "x");
        Client client = new Client("a/").watch(0).ask(Long.MAX_VALUE);
        assertThat(client.position)
                .as("everything until here is known to whoever watches from now on")
                .isEqualTo(1);

        state.put("b/1", "x");
        state.put("a/2", "x");
        state.delete("a/2");
        time.advanceTime();
        assertThat(client.told).containsExactly(3L, 4L);
    }

    @Test
    void aWatchFromARevisionBeginsThere() {
        for (int n = 1; n <= 5; n++) {
            state.put("a", "" + n);
        }
        assertThat(new Client("a").watch(3).ask(Long.MAX_VALUE).told).containsExactly(3L, 4L, 5L);
        assertThat(new Client("").watch(6).ask(Long.MAX_VALUE).told).isEmpty();
    }

    @Test
    void nothingIsToldThatWasNotAskedFor() {
        Client client = new Client("").watch(0).ask(2);
        state.put("a", "1");
        state.put("a", "2");
        state.put("a", "3");
        time.advanceTime();
        assertThat(client.told).as("the bookmark was the other one").containsExactly(1L);
        assertThat(client.ask(1).told).containsExactly(1L, 2L);
        assertThat(client.ask(5).told).containsExactly(1L, 2L, 3L);
    }

    @Test
    void whoIsAheadOfThisReplicaWaitsForIt() {
        Client client = new Client("").watch(3).ask(Long.MAX_VALUE);
        state.put("a", "1");
        state.put("a", "2");
        time.advanceTime();
        assertThat(client.told).isEmpty();
        state.put("a", "3");
        time.advanceTime();
        assertThat(client.told).containsExactly(3L);
    }

    @Test
    void aQuietWatchIsToldHowFarItIsEveryTenSecondsIfTheStoreMoved() {
        Client client = new Client("quiet").watch(0).ask(Long.MAX_VALUE);
        state.put("a", "1");
        state.put("a", "2");
        time.advanceTimeBy(Watches.BOOKMARK);
        assertThat(client.position).isEqualTo(2);
        assertThat(client.told).isEmpty();
    }

    @Test
    void whoWasUpToDateAndFallsTooFarBehindIsCutOffAndToldWhereToResume() {
        Client slow = new Client("").watch(0).ask(1);
        for (int n = 0; n < Watches.MAX_LAG; n++) {
            state.put("a", "x");
        }
        time.advanceTimeBy(Watches.SWEEP);
        assertThat(slow.ask(1).told).as("the limit itself is allowed").containsExactly(1L);

        state.put("a", "x");
        state.put("a", "x");
        time.advanceTimeBy(Watches.SWEEP);
        slow.ask(1);
        assertThat(slow.lagged).isTrue();
        assertThat(slow.ended).isTrue();
        assertThat(slow.position).as("what comes next was not told").isEqualTo(1);
        assertThat(new Client("").watch(2).ask(3).told).as("it resumes").containsExactly(2L, 3L);
    }

    @Test
    void whoDoesNotEvenReadThatItWasCutOffLosesItsStream() {
        Client stalled = new Client("").watch(0).ask(1);
        for (int n = 0; n <= Watches.MAX_LAG + 1; n++) {
            state.put("a", "x");
        }
        time.advanceTimeBy(Watches.SWEEP.multipliedBy(Watches.SWEEPS_AFTER_CUT + 1));
        assertThat(stalled.failure).isInstanceOf(TimeoutException.class);
        assertThat(watches.count()).isZero();
    }

    @Test
    void whoReadsMoreSlowlyThanTheHistoryForgetsIsCutOff() {
        state.apply(Commands.set(SettingsChange.newBuilder().setHistory(1_000).build()));
        for (int n = 0; n < 500; n++) {
            state.put("a", "x");
        }
        Client slow = new Client("").watch(1).ask(11);
        for (int n = 0; n < 1_000; n++) {
            state.put("a", "x");
        }
        slow.ask(1);
        assertThat(slow.lagged).isTrue();
        assertThat(slow.position).isEqualTo(10);
        assertThat(watches.reaches(11))
                .as("so that whoever comes back for it is refused")
                .isFalse();
        assertThat(watches.reaches(501)).isTrue();
    }

    @Test
    void moreThanTheLimitAreRefused() {
        List<Client> clients = new ArrayList<>();
        for (int n = 0; n < Watches.MAX_WATCHERS; n++) {
            clients.add(new Client("own/" + n).watch(0));
        }
        StepVerifier.create(watches.watch(ByteString.EMPTY, 0))
                .expectError(RaftException.Overloaded.class)
                .verify(Duration.ofSeconds(60));
        clients.get(0).cancel();
        time.advanceTime();
        assertThat(watches.count()).isEqualTo(Watches.MAX_WATCHERS - 1);
        new Client("again").watch(0);
        assertThat(watches.count()).isEqualTo(Watches.MAX_WATCHERS);
    }

    @Test
    void aSnapshotInPlaceOfTheStoreMakesGoodForWatchersWhatItReachesAndCutsOffTheOthers() {
        StoreFixture other = new StoreFixture();
        other.apply(Commands.set(SettingsChange.newBuilder().setHistory(1_000).build()));
        for (int n = 1; n <= 1_500; n++) {
            other.put("a", "" + n);
        }
        Client far = new Client("").watch(0).ask(Long.MAX_VALUE);
        state.put("a", "1");
        time.advanceTime();
        Client reached = new Client("").watch(1_400).ask(Long.MAX_VALUE);

        state.store.restore(other.store.snapshot()).block(StoreFixture.SOON);
        time.advanceTime();
        assertThat(far.lagged).isTrue();
        assertThat(far.position).isEqualTo(1);
        assertThat(reached.told).hasSize(101).startsWith(1_400L).endsWith(1_500L);
    }

    /** Clients of every pace come, ask, go and come back where they were, while the store moves and snapshots land. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void nothingIsMissedAndNothingIsToldTwice(long seed) {
        RandomGenerator random = new SplittableRandom(seed);
        List<Change> made = new ArrayList<>();
        List<Client> clients = new ArrayList<>();
        for (int n = 0; n < 12; n++) {
            clients.add(new Client(List.of("", "a", "a/1", "b/", "c").get(random.nextInt(5))).watch(1));
        }
        for (int step = 0; step < 4_000; step++) {
            int which = random.nextInt(clients.size());
            Client client = clients.get(which);
            switch (random.nextInt(12)) {
                case 0 -> client.ask(1 + random.nextInt(20));
                case 1 -> time.advanceTimeBy(Duration.ofMillis(random.nextInt(3_000)));
                case 2 -> {
                    if (random.nextInt(20) == 0) {
                        clients.set(which, resumed(client));
                    }
                }
                case 3 -> {
                    if (random.nextInt(60) == 0) {
                        state.store.restore(state.store.snapshot()).block(StoreFixture.SOON);
                    }
                }
                default -> {
                    String key = List.of("a", "b", "c").get(random.nextInt(3)) + "/" + random.nextInt(3);
                    if (random.nextInt(4) == 0) {
                        state.delete(key);
                    } else {
                        state.put(key, "x");
                    }
                    if (state.store.revision() > made.size()) {
                        made.add(new Change(state.store.revision(), ByteString.copyFromUtf8(key), null));
                    }
                }
            }
        }
        for (Client client : clients) {
            client.ask(Long.MAX_VALUE);
            time.advanceTime();
            List<Long> expected = made.stream()
                    .filter(change -> change.key().toStringUtf8().startsWith(client.prefix))
                    .map(Change::revision)
                    .toList();
            assertThat(client.told)
                    .as("seed %d, prefix '%s'", seed, client.prefix)
                    .isEqualTo(expected);
        }
    }

    private Client resumed(Client before) {
        before.cancel();
        Client after = new Client(before.prefix);
        after.told.addAll(before.told);
        after.position = before.position;
        return after.watch(before.position + 1);
    }
}
